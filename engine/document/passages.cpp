#include "engine/document/passages.h"

#include <algorithm>

#include <unicode/uchar.h>

#include "engine/document/code_points.h"
#include "engine/document/sentences.h"

namespace engine::document {

namespace {

/// So much text in front of a possible sentence end decides whether it is one.
constexpr std::int64_t kSentenceContext = 256;

/// Walks code points of a text by offset.
class Walker {
public:
    Walker(const DocumentText& text, std::int64_t begin, std::int64_t end)
        : m_slice(text.slice(begin, end)), m_offset(begin) {}

    bool next(UChar32& c) {
        if (m_byte >= m_slice.size())
            return false;
        c = nextCodePoint(m_slice, m_byte);
        ++m_offset;
        return true;
    }
    [[nodiscard]] std::int64_t offset() const { return m_offset; }

private:
    std::string_view m_slice;
    std::size_t m_byte = 0;
    std::int64_t m_offset;
};

/// Whether a sentence ends at `at`, looking at no more than kPassageLookAhead characters after it.
bool isSentenceEnd(const DocumentText& text, std::int64_t begin, std::int64_t at) {
    const std::int64_t from = std::max(begin, at - kSentenceContext);
    const std::int64_t to = std::min(text.length(), at + kPassageLookAhead);
    const std::size_t wanted = text.byteOf(at) - text.byteOf(from);
    const std::vector<std::size_t> starts = sentenceStarts(text.slice(from, to));
    return std::binary_search(starts.begin(), starts.end(), wanted);
}

/// The first sentence end in (begin + kPassageSentence, limit), or limit.
std::int64_t sentenceEnd(const DocumentText& text, std::int64_t begin, std::int64_t limit) {
    enum class State { Text, Terminator, Space } state = State::Text;
    const std::int64_t from = begin + kPassageSentence - 32;
    Walker walker(text, from, limit);
    UChar32 c = 0;
    while (walker.next(c)) {
        const auto kind =
            static_cast<USentenceBreak>(u_getIntPropertyValue(c, UCHAR_SENTENCE_BREAK));
        const std::int64_t at = walker.offset() - 1;
        if (kind == U_SB_STERM || kind == U_SB_ATERM) {
            state = State::Terminator;
        } else if (kind == U_SB_SEP || kind == U_SB_LF) {
            state = State::Space;
        } else if (kind == U_SB_CLOSE && state == State::Terminator) {
            continue;
        } else if (kind == U_SB_SP && state != State::Text) {
            state = State::Space;
        } else if (state != State::Text) {
            state = State::Text;
            if (at > begin + kPassageSentence && isSentenceEnd(text, begin, at))
                return at;
        }
    }
    return limit;
}

/// Moves a cut at the longest length back to the start of a word, if one is near.
std::int64_t wordStart(const DocumentText& text, std::int64_t end) {
    std::int64_t best = end;
    Walker walker(text, end - 200, end);
    UChar32 c = 0;
    while (walker.next(c))
        if (u_isUWhiteSpace(c))
            best = walker.offset();
    return best;
}

std::int64_t firstAfter(const std::vector<std::int64_t>& sorted, std::int64_t value,
                        std::int64_t otherwise) {
    const auto it = std::upper_bound(sorted.begin(), sorted.end(), value);
    return it == sorted.end() ? otherwise : std::min(*it, otherwise);
}

} // namespace

std::vector<std::int64_t> passageEnds(const DocumentText& text,
                                      const std::vector<std::int64_t>& paragraphEnds,
                                      const std::vector<std::int64_t>& chapters) {
    std::vector<std::int64_t> out;
    std::int64_t begin = 0;
    while (begin < text.length()) {
        std::int64_t end = firstAfter(chapters, begin, text.length());
        end = firstAfter(paragraphEnds, begin + kPassageParagraph - 1, end);
        const bool isTooLong = end > begin + kPassageLongest;
        if (isTooLong)
            end = begin + kPassageLongest;
        if (end > begin + kPassageSentence) {
            const std::int64_t sentence = sentenceEnd(text, begin, end);
            end = sentence == end && isTooLong ? wordStart(text, end) : sentence;
        }
        out.push_back(end);
        begin = end;
    }
    return out;
}

std::vector<Passage>
makePassages(const Document& document,
             const std::vector<std::pair<std::int64_t, std::int64_t>>& contents) {
    const DocumentText text(document.text);
    std::vector<std::int64_t> paragraphEnds;
    for (std::size_t i = 0; i < document.blocks.size(); ++i) {
        // A heading belongs with what follows it.
        if (document.blocks[i].kind != BlockKind::Heading)
            paragraphEnds.push_back(i + 1 < document.blocks.size() ? document.blocks[i + 1].begin
                                                                   : text.length());
    }
    std::vector<std::int64_t> chapters;
    for (const OutlineEntry& entry : document.outline)
        chapters.push_back(entry.begin);

    std::vector<Passage> out;
    std::int64_t begin = 0;
    std::size_t page = 0;
    std::size_t content = 0;
    int outline = -1;
    const auto& pages = document.pages;
    for (const std::int64_t end : passageEnds(text, paragraphEnds, chapters)) {
        Passage passage;
        passage.ordinal = static_cast<int>(out.size());
        passage.begin = begin;
        passage.end = end;
        while (outline + 1 < static_cast<int>(document.outline.size()) &&
               document.outline[static_cast<std::size_t>(outline) + 1].begin <= begin)
            ++outline;
        passage.outline = outline;
        while (page + 1 < pages.size() && pages[page].end <= begin)
            ++page;
        std::size_t last = page;
        while (last + 1 < pages.size() && pages[last].end < end)
            ++last;
        if (!pages.empty()) {
            passage.pageFirst = pages[page].index;
            passage.pageLast = pages[last].index;
        }
        while (content < contents.size() && contents[content].second <= begin)
            ++content;
        if (content < contents.size()) {
            const std::int64_t shared =
                std::min(end, contents[content].second) - std::max(begin, contents[content].first);
            passage.isContents = shared * 2 > end - begin;
        }
        out.push_back(passage);
        begin = end;
    }
    return out;
}

} // namespace engine::document
