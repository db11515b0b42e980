#include "engine/reading.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "engine/convert.h"
#include "engine/store/hash.h"

namespace engine {

namespace {

constexpr int kSnapshotFormat = 1;
constexpr auto kHeadInterval = std::chrono::seconds(10);

/// Hashes stored text as it streams by, so that a snapshot's prefix hash costs no second pass.
class PrefixHash {
public:
    PrefixHash(const store::Library& library, std::int64_t documentId)
        : m_library(library), m_documentId(documentId) {}

    std::string upTo(std::int64_t offset) {
        constexpr std::int64_t kPiece = 1 << 16;
        while (m_offset < offset) {
            const std::int64_t end = std::min(offset, m_offset + kPiece);
            m_hash.add(m_library.text(m_documentId, m_offset, end));
            m_offset = end;
        }
        return m_hash.digest();
    }

private:
    const store::Library& m_library;
    std::int64_t m_documentId;
    std::int64_t m_offset = 0;
    store::Sha256 m_hash;
};

/// Offsets inside the document at which a chapter ends or the first one begins.
std::vector<std::int64_t> chapterEnds(const store::Library& library,
                                      const store::DocumentRow& document,
                                      const std::vector<store::PageRow>& pages) {
    const auto contents = contentsEntries(library.outline(document.id), pages, document);
    std::vector<std::int64_t> ends;
    for (const ContentsEntry& chapter : chapters(contents)) {
        if (chapter.range.begin > 0)
            ends.push_back(chapter.range.begin);
        if (chapter.range.end < document.characters)
            ends.push_back(chapter.range.end);
    }
    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
    return ends;
}

std::string machine(const std::string& dtype, const std::string& device, std::int64_t threads) {
    return dtype + " on " + device + ", " + std::to_string(threads) +
           (threads == 1 ? " thread" : " threads");
}

int pagesUpTo(const std::vector<store::PageRow>& pages, std::int64_t offset) {
    const auto past =
        std::upper_bound(pages.begin(), pages.end(), offset,
                         [](std::int64_t at, const store::PageRow& page) { return at < page.end; });
    return static_cast<int>(past - pages.begin());
}

} // namespace

Reading::Reading(store::Library& library, std::shared_ptr<const model::Model> model,
                 const ReadingOptions& options, const store::DocumentRow& document)
    : m_library(library), m_model(std::move(model)), m_options(options), m_document(document),
      m_pages(library.pages(document.id)) {
    if (!model::isStorable(options.mode))
        return;
    store::ReadingRow row;
    row.documentId = document.id;
    row.modelSha256 = m_model->weights->sha256;
    row.modelName = m_model->weights->config.name;
    row.adapterSha256 = m_model->adapter->sha256;
    row.mode = model::nameOf(options.mode);
    row.segmentTokens = options.segmentTokens;
    row.tokenizerSha256 = m_model->tokenizer->sha256();
    row.state = "reading";
    m_id = m_library.reading(row);
}

model::SnapshotHeader Reading::header(std::int64_t charEnd, std::int64_t page, std::int64_t parent,
                                      const std::string& prefixSha256) const {
    model::SnapshotHeader header;
    header.mode = model::nameOf(m_options.mode);
    header.segmentTokens = m_options.segmentTokens;
    header.weightsSha256 = m_model->weights->sha256;
    header.adapterSha256 = m_model->adapter->sha256;
    header.tokenizerSha256 = m_model->tokenizer->sha256();
    header.prefixSha256 = prefixSha256;
    header.charEnd = charEnd;
    header.page = page;
    header.engineVersion = INFOLIO_VERSION;
    header.device = m_options.device;
    header.dtype = m_options.dtype;
    header.threads = m_options.threads;
    header.parent = parent;
    return header;
}

std::string Reading::prefixSha256(std::int64_t charEnd) const {
    return PrefixHash(m_library, m_document.id).upTo(charEnd);
}

Reading::PageTokens Reading::tokens(std::int64_t begin, std::int64_t end) const {
    const std::string text = m_library.text(m_document.id, begin, end);
    PageTokens result;
    std::int64_t offset = begin;
    std::size_t byte = 0;
    // Pages without text may stand before the one with which the book begins.
    if (begin == 0 && end > 0 && m_model->tokenizer->beginToken() >= 0) {
        result.ids.push_back(m_model->tokenizer->beginToken());
        result.ends.push_back(0);
    }
    for (const model::Token& token : m_model->tokenizer->encode(text)) {
        // A token that ends inside a character completes only the characters before it.
        for (; byte < token.byteEnd; ++byte)
            if ((static_cast<unsigned char>(text[byte]) & 0xC0) != 0x80)
                ++offset;
        const bool isInside =
            byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0) == 0x80;
        result.ids.push_back(token.id);
        result.ends.push_back(isInside ? offset - 1 : offset);
    }
    return result;
}

bool Reading::isMadeHere(const model::SnapshotHeader& header) const {
    return header.device == m_options.device && header.dtype == m_options.dtype &&
           header.threads == m_options.threads;
}

Reading::Start Reading::newestStart(std::int64_t limit,
                                    const std::function<void(const std::string&)>& notice) const {
    auto rows = m_library.snapshots(m_id);
    std::stable_sort(rows.begin(), rows.end(),
                     [](const store::SnapshotRow& a, const store::SnapshotRow& b) {
                         return a.tokenEnd > b.tokenEnd;
                     });
    for (const store::SnapshotRow& row : rows) {
        if (row.charEnd > limit)
            continue;
        try {
            const std::string data = m_library.snapshotData(row.id);
            auto loaded = model::loadSnapshot(
                *m_model, header(row.charEnd, row.pageIndex, 0, prefixSha256(row.charEnd)), data);
            if (!isMadeHere(loaded.header))
                notice("The memory was made with " +
                       machine(loaded.header.dtype, loaded.header.device, loaded.header.threads) +
                       ", and goes on with " +
                       machine(m_options.dtype, m_options.device, m_options.threads) +
                       ": the same meaning, not always the same bits.");
            return {std::move(loaded.state), row.charEnd, row.id};
        } catch (const Error& error) {
            if (error.code() != Code::BadSnapshot)
                throw;
            notice(std::string(error.what()) + " An older one is used, or the text is read again.");
        }
    }
    Start start;
    start.state = model::ReadingState::empty(*m_model, m_options.mode, m_options.segmentTokens);
    return start;
}

std::int64_t Reading::consumed() const {
    if (!model::isStorable(m_options.mode))
        return m_document.characters;
    std::int64_t end = 0;
    for (const store::SnapshotRow& row : m_library.snapshots(m_id))
        end = std::max(end, row.charEnd);
    return end;
}

void Reading::forget() {
    m_library.dropSnapshots(m_id);
}

bool Reading::run(const std::function<Next(const ReadingPosition&)>& between,
                  const std::function<void()>& wait,
                  const std::function<void(const std::string&)>& notice) {
    Start start = newestStart(m_document.characters, notice);
    if (start.snapshot != 0 && start.charEnd == m_document.characters)
        return true;
    std::int64_t parent = start.snapshot;
    std::int64_t tokensToSkip = start.state.tokens;
    std::int64_t lastStoredSegment = start.state.segments;
    model::ReadingSession session(m_model, m_options.mode, m_options.segmentTokens,
                                  std::move(start.state));
    PrefixHash prefix(m_library, m_document.id);
    auto lastSnapshot = std::chrono::steady_clock::now();

    const auto takeSnapshot = [&](const char* kind, std::int64_t charEnd) {
        const model::ReadingState& state = session.state();
        store::SnapshotRow row;
        row.readingId = m_id;
        if (parent != 0)
            row.parentId = parent;
        row.kind = kind;
        row.charEnd = charEnd;
        row.tokenEnd = state.tokens;
        row.segment = state.segments;
        row.pageIndex = pagesUpTo(m_pages, charEnd);
        row.prefixSha256 = prefix.upTo(charEnd);
        row.format = kSnapshotFormat;
        row.engineVersion = INFOLIO_VERSION;
        row.device = m_options.device;
        row.dtype = m_options.dtype;
        row.threads = m_options.threads;
        const std::int64_t id = m_library.addSnapshot(
            row, model::saveSnapshot(
                     *m_model, header(charEnd, row.pageIndex, parent, row.prefixSha256), state));
        // A head is replaced by the next one, so it is nobody's parent.
        if (std::string_view(kind) != "head")
            parent = id;
        lastSnapshot = std::chrono::steady_clock::now();
    };

    const std::vector<std::int64_t> ends = chapterEnds(m_library, m_document, m_pages);
    auto chapterEnd = std::upper_bound(ends.begin(), ends.end(), start.charEnd);

    for (const store::PageRow& page : m_pages) {
        const PageTokens tokens = this->tokens(page.begin, page.end);
        const auto count = static_cast<std::int64_t>(tokens.ids.size());
        if (tokensToSkip >= count) {
            tokensToSkip -= count;
            continue;
        }
        auto next = static_cast<std::size_t>(std::exchange(tokensToSkip, 0));
        while (next < tokens.ids.size()) {
            // Tokens up to the next chapter's beginning, so that its snapshot holds nothing of that
            // chapter.
            std::size_t limit = tokens.ids.size();
            if (chapterEnd != ends.end() && *chapterEnd <= page.end)
                limit = static_cast<std::size_t>(
                    std::upper_bound(tokens.ends.begin(), tokens.ends.end(), *chapterEnd) -
                    tokens.ends.begin());
            const std::int64_t segmentsBefore = session.state().segments;
            if (limit > next)
                next += session.push(std::span(tokens.ids).subspan(next, limit - next));
            const std::int64_t charEnd = next == tokens.ids.size() ? page.end
                                         : next == 0               ? page.begin
                                                                   : tokens.ends[next - 1];
            const bool isChapterEnd =
                chapterEnd != ends.end() && next >= limit && *chapterEnd <= page.end;
            if (isChapterEnd) {
                // A chapter shorter than a segment shares the boundary memory of the snapshot
                // before it.
                if (session.state().segments > lastStoredSegment) {
                    takeSnapshot("chapter", charEnd);
                    lastStoredSegment = session.state().segments;
                }
                ++chapterEnd;
            }
            if (session.state().segments == segmentsBefore)
                continue;
            if (session.state().segments - lastStoredSegment >= m_options.snapshotEvery) {
                takeSnapshot("interval", charEnd);
                lastStoredSegment = session.state().segments;
            } else if (std::chrono::steady_clock::now() - lastSnapshot >= kHeadInterval) {
                takeSnapshot("head", charEnd);
            }
            const ReadingPosition position{charEnd, pagesUpTo(m_pages, charEnd),
                                           session.state().tokens, session.state().bytes()};
            Next wish = between(position);
            if (wish == Next::Pause) {
                takeSnapshot("pause", charEnd);
                lastStoredSegment = session.state().segments;
                m_library.setReadingState(m_id, "paused");
                wait();
                wish = between(position);
            }
            if (wish == Next::Stop) {
                takeSnapshot("pause", charEnd);
                m_library.setReadingState(m_id, "paused");
                return false;
            }
        }
        while (chapterEnd != ends.end() && *chapterEnd <= page.end)
            ++chapterEnd;
    }
    takeSnapshot("end", m_document.characters);
    m_library.setReadingState(m_id, "read");
    return true;
}

model::ReadingState Reading::stateAsOf(std::int64_t bound,
                                       const std::function<bool()>& isCancelled) const {
    // A bound inside a page cuts that page's text, and its tokens with it: only snapshots before
    // that page are prefixes.
    std::int64_t limit = bound;
    for (const store::PageRow& page : m_pages)
        if (page.begin < bound && bound < page.end)
            limit = page.begin;
    Start start = newestStart(limit, [](const std::string&) {});
    std::int64_t tokensToSkip = start.state.tokens;
    model::ReadingSession session(m_model, m_options.mode, m_options.segmentTokens,
                                  std::move(start.state));
    for (const store::PageRow& page : m_pages) {
        if (page.begin >= bound || start.charEnd == bound)
            break;
        const PageTokens tokens = this->tokens(page.begin, std::min(page.end, bound));
        const auto count = static_cast<std::int64_t>(tokens.ids.size());
        if (tokensToSkip >= count) {
            tokensToSkip -= count;
            continue;
        }
        auto next = static_cast<std::size_t>(std::exchange(tokensToSkip, 0));
        while (next < tokens.ids.size() && !isCancelled())
            next += session.push(std::span(tokens.ids).subspan(next));
    }
    return session.state();
}

void Reading::compare(const store::SnapshotRow& row, const model::ReadingState& again,
                      Replay& found) const {
    const std::string stored = m_library.snapshotData(row.id);
    const auto loaded = model::loadSnapshot(
        *m_model, header(row.charEnd, row.pageIndex, 0, prefixSha256(row.charEnd)), stored);
    bool isSame = false;
    if (isMadeHere(loaded.header)) {
        isSame = model::saveSnapshot(*m_model, loaded.header, again) == stored;
    } else {
        isSame = loaded.state.pending == again.pending && loaded.state.segments == again.segments;
        const std::string remark =
            "Made with " +
            machine(loaded.header.dtype, loaded.header.device, loaded.header.threads) +
            " and read again with " +
            machine(m_options.dtype, m_options.device, m_options.threads) +
            ": compared across machines, where not all bits are the same.";
        if (std::ranges::find(found.remarks, remark) == found.remarks.end())
            found.remarks.push_back(remark);
    }
    if (!isSame)
        found.faults.push_back("The snapshot at offset " + std::to_string(row.charEnd) +
                               " differs from a fresh reading.");
}

std::optional<Reading::Replay> Reading::replay(const std::function<bool()>& isCancelled) const {
    Replay found;
    auto rows = m_library.snapshots(m_id);
    auto row = rows.begin();
    const auto isNowhere = [&found](const store::SnapshotRow& snapshot) {
        found.faults.push_back("The snapshot at offset " + std::to_string(snapshot.charEnd) +
                               " is said to end with token " + std::to_string(snapshot.tokenEnd) +
                               ", where a fresh reading does not come.");
    };
    for (; row != rows.end() && row->tokenEnd < 0; ++row)
        isNowhere(*row);
    model::ReadingSession session(m_model, m_options.mode, m_options.segmentTokens);
    for (const store::PageRow& page : m_pages) {
        const PageTokens tokens = this->tokens(page.begin, page.end);
        std::size_t next = 0;
        while (next < tokens.ids.size() && row != rows.end()) {
            if (isCancelled())
                return std::nullopt;
            const std::int64_t left = row->tokenEnd - session.state().tokens;
            const auto most = static_cast<std::size_t>(
                std::min<std::int64_t>(left, static_cast<std::int64_t>(tokens.ids.size() - next)));
            next += session.push(std::span(tokens.ids).subspan(next, most));
            for (; row != rows.end() && session.state().tokens == row->tokenEnd; ++row) {
                try {
                    compare(*row, session.state(), found);
                } catch (const Error& error) {
                    found.faults.emplace_back(error.what());
                }
            }
        }
    }
    std::for_each(row, rows.end(), isNowhere);
    return found;
}

} // namespace engine
