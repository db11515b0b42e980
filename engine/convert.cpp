#include "engine/convert.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/document/document_text.h"
#include "engine/document/word_map.h"

namespace engine {

namespace {

const char* kindName(document::Kind kind) {
    switch (kind) {
    case document::Kind::Pdf:
        return "pdf";
    case document::Kind::Epub:
        return "epub";
    case document::Kind::Text:
        return "text";
    case document::Kind::Markdown:
        return "markdown";
    }
    return "text";
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

/// Whether its pages are those of a printed edition that an EPUB names.
bool isPrinted(const store::DocumentRow& document) {
    return !document.hasLocations && !hasPictures(document.kind);
}

std::string lastPlace(const std::vector<store::PageRow>& pages,
                      const store::DocumentRow& document) {
    if (isPrinted(document) && !pages.empty())
        return "its printed pages end with " + labelOf(pages.back(), document);
    const std::string unit = document.hasLocations ? "locations" : "pages";
    return "the document has " + std::to_string(pages.size()) + " " + unit;
}

[[noreturn]] void refuse(const PageSpec& spec, const std::vector<store::PageRow>& pages,
                         const store::DocumentRow& document) {
    throw Error(Code::WrongUse,
                "\"" + spec.text + "\" names no place in this document; " +
                    lastPlace(pages, document) +
                    ". Give a page label (212, xii), index:240, loc:37, chapter:7 or "
                    "offset:123456.");
}

/// The page that holds an offset; the last one for offsets behind the text. There is a page.
const store::PageRow& pageAt(const std::vector<store::PageRow>& pages, std::int64_t offset) {
    const auto found = std::ranges::upper_bound(pages, offset, {}, &store::PageRow::end);
    return found == pages.end() ? pages.back() : *found;
}

/// Splits "index:240" into kind and value; a bare label has an empty kind.
std::pair<std::string, std::string> split(const PageSpec& spec) {
    for (const char* kind : {"index", "loc", "chapter", "offset"}) {
        const std::string prefix = std::string(kind) + ":";
        if (spec.text.rfind(prefix, 0) == 0)
            return {kind, spec.text.substr(prefix.size())};
    }
    return {"", spec.text};
}

/// Position in `pages` of the page that a label, index: or loc: names.
std::optional<std::size_t> findPage(const std::string& kind, const std::string& value,
                                    const std::vector<store::PageRow>& pages,
                                    const store::DocumentRow& document) {
    if (kind.empty()) {
        for (std::size_t i = 0; i < pages.size(); ++i)
            if (!value.empty() && labelOf(pages[i], document) == value)
                return i;
        // Nobody sees where in the file a printed page stands, so its number is a name and no
        // count.
        if (isPrinted(document))
            return std::nullopt;
    }
    if (kind == "loc" && !document.hasLocations)
        return std::nullopt;
    const auto index = number(value);
    if (!index || *index < 1 || *index > static_cast<std::int64_t>(pages.size()))
        return std::nullopt;
    return static_cast<std::size_t>(*index - 1);
}

std::optional<ContentsEntry> findChapter(const std::string& value,
                                         const std::vector<ContentsEntry>& contents) {
    const auto all = chapters(contents);
    const auto index = number(value);
    if (!index || *index < 1 || *index > static_cast<std::int64_t>(all.size()))
        return std::nullopt;
    return all[static_cast<std::size_t>(*index - 1)];
}

/// Value of a Roman numeral as printers use it, 0 for anything else.
int roman(const std::string& text) {
    const auto value = [](char c) {
        switch (c) {
        case 'I':
            return 1;
        case 'V':
            return 5;
        case 'X':
            return 10;
        case 'L':
            return 50;
        case 'C':
            return 100;
        default:
            return 0;
        }
    };
    int sum = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int here = value(text[i]);
        const int next = i + 1 < text.size() ? value(text[i + 1]) : 0;
        if (here == 0)
            return 0;
        sum += here < next ? -here : here;
    }
    return sum;
}

} // namespace

int chapterNumber(const std::string& title) {
    std::string upper;
    for (const char c : title)
        upper += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    const bool isNamed = upper.rfind("CHAPTER ", 0) == 0;
    if (isNamed)
        upper.erase(0, 8);
    const std::string word = upper.substr(0, upper.find_first_of(" .:,\t"));
    if (const auto value = number(word))
        return *value > 0 && *value < 1000 ? static_cast<int>(*value) : 0;
    // A bare "I" or "C" that begins a sentence is a word: a numeral must stand alone or be named.
    const bool standsAlone =
        word.size() == upper.size() || (word.size() < upper.size() && upper[word.size()] == '.');
    return isNamed || standsAlone ? roman(word) : 0;
}

store::DocumentRow documentRow(const document::Document& document) {
    store::DocumentRow row;
    row.kind = kindName(document.kind);
    row.title = document.title;
    row.author = document.author;
    row.language = document.language;
    row.pages = static_cast<std::int64_t>(document.pages.size());
    row.characters = document.characters;
    row.hasLocations = document.hasLocations;
    row.layoutVersion = document::kLayoutVersion;
    return row;
}

store::DocumentContent documentContent(const document::Document& document) {
    store::DocumentContent content;
    for (const document::Page& page : document.pages)
        content.pages.push_back({page.index, page.label, page.widthPt, page.heightPt, page.rotation,
                                 page.begin, page.end, static_cast<int>(page.state), page.reason,
                                 page.words});
    for (const document::Block& block : document.blocks)
        content.blocks.push_back(
            {static_cast<int>(block.kind), block.level, block.begin, block.end});
    int ordinal = 0;
    for (const document::OutlineEntry& entry : document.outline)
        content.outline.push_back({ordinal++, entry.parent, entry.level, entry.title,
                                   entry.pageIndex, entry.begin, entry.source});
    const document::DocumentText text(document.text);
    for (const document::Passage& passage : document.passages) {
        store::PassageRow row;
        row.ordinal = passage.ordinal;
        row.outline = passage.outline;
        row.pageFirst = passage.pageFirst;
        row.pageLast = passage.pageLast;
        row.begin = passage.begin;
        row.end = passage.end;
        row.isContents = passage.isContents;
        row.text = text.slice(passage.begin, passage.end);
        content.passages.push_back(std::move(row));
    }
    return content;
}

void requireInside(TextRange range, const store::DocumentRow& document) {
    if (range.begin >= 0 && range.begin <= range.end && range.end <= document.characters)
        return;
    throw Error(Code::WrongUse, "The range " + std::to_string(range.begin) + ".." +
                                    std::to_string(range.end) + " lies outside the " +
                                    std::to_string(document.characters) + " characters of \"" +
                                    document.title + "\".");
}

void requirePage(int page, const store::DocumentRow& document) {
    if (page >= 1 && page <= document.pages)
        return;
    throw Error(Code::WrongUse, "There is no page " + std::to_string(page) + " in \"" +
                                    document.title + "\"; it has " +
                                    std::to_string(document.pages) +
                                    (document.hasLocations ? " locations." : " pages."));
}

State stateFromName(const std::string& name) {
    if (name == "text ready")
        return State::TextReady;
    if (name == "reading")
        return State::Reading;
    if (name == "paused")
        return State::Paused;
    if (name == "read")
        return State::Read;
    if (name == "read with gaps")
        return State::ReadWithGaps;
    return State::Queued;
}

Coverage coverage(const std::vector<store::PageRow>& pages, bool hasLocations,
                  std::int64_t consumed) {
    Coverage result;
    result.isLocation = hasLocations;
    result.total = static_cast<int>(pages.size());
    // Pages without text at the beginning end at 0, and nothing has read them yet.
    bool isContiguous = consumed > 0;
    for (const store::PageRow& page : pages) {
        switch (static_cast<document::PageState>(page.status)) {
        case document::PageState::Pending:
            ++result.pending;
            break;
        case document::PageState::Text:
            ++result.text;
            break;
        case document::PageState::Ocr:
            ++result.byOcr;
            break;
        case document::PageState::Empty:
            ++result.empty;
            break;
        case document::PageState::Failed:
            ++result.failed;
            result.failedPages.push_back(page.index);
            break;
        }
        isContiguous = isContiguous && page.end <= consumed;
        if (isContiguous)
            ++result.read;
    }
    return result;
}

std::string labelOf(const store::PageRow& page, const store::DocumentRow& document) {
    if (!page.label.empty())
        return page.label;
    const std::string index = std::to_string(page.index);
    return isPrinted(document) ? "[" + index + "]" : index;
}

PageRange pageRange(const std::vector<store::PageRow>& pages, const store::DocumentRow& document,
                    std::int64_t begin, std::int64_t end) {
    PageRange range;
    range.isLocation = document.hasLocations;
    range.isPrinted = isPrinted(document);
    if (pages.empty())
        return range;
    const store::PageRow& first = pageAt(pages, begin);
    const store::PageRow& last = pageAt(pages, std::max(begin, end - 1));
    range.first = first.index;
    range.last = last.index;
    range.firstLabel = labelOf(first, document);
    range.lastLabel = labelOf(last, document);
    return range;
}

PageInfo pageInfo(const store::PageRow& page, const store::DocumentRow& document) {
    PageInfo info;
    info.index = page.index;
    info.label = labelOf(page, document);
    info.widthPt = static_cast<float>(page.widthPt);
    info.heightPt = static_cast<float>(page.heightPt);
    info.range = {page.begin, page.end};
    info.reason = page.reason;
    switch (static_cast<document::PageState>(page.status)) {
    case document::PageState::Pending:
        info.state = PageInfo::State::Pending;
        break;
    case document::PageState::Text:
        info.state = PageInfo::State::Text;
        break;
    case document::PageState::Ocr:
        info.state = PageInfo::State::Ocr;
        break;
    case document::PageState::Empty:
        info.state = PageInfo::State::Empty;
        break;
    case document::PageState::Failed:
        info.state = PageInfo::State::Failed;
        break;
    }
    return info;
}

TextBlock textBlock(const store::BlockRow& block) {
    const auto kind = [&] {
        switch (static_cast<document::BlockKind>(block.kind)) {
        case document::BlockKind::Heading:
            return TextBlock::Kind::Heading;
        case document::BlockKind::ListItem:
            return TextBlock::Kind::ListItem;
        case document::BlockKind::Quote:
            return TextBlock::Kind::Quote;
        case document::BlockKind::Code:
            return TextBlock::Kind::Code;
        case document::BlockKind::TableRow:
            return TextBlock::Kind::TableRow;
        case document::BlockKind::Note:
            return TextBlock::Kind::Note;
        case document::BlockKind::Caption:
            return TextBlock::Kind::Caption;
        case document::BlockKind::Paragraph:
            break;
        }
        return TextBlock::Kind::Paragraph;
    };
    return {kind(), block.level, {block.begin, block.end}};
}

std::vector<WordBox> wordBoxes(const store::PageRow& row, TextRange range) {
    document::Page page;
    page.widthPt = static_cast<float>(row.widthPt);
    page.heightPt = static_cast<float>(row.heightPt);
    page.begin = row.begin;
    page.end = row.end;
    std::vector<WordBox> result;
    for (const document::WordBox& word : document::boxes(row.words, page, range.begin, range.end))
        result.push_back(
            {{word.begin, word.end}, word.box.x0, word.box.y0, word.box.x1, word.box.y1});
    return result;
}

std::vector<ContentsEntry> contentsEntries(const std::vector<store::OutlineRow>& outline,
                                           const std::vector<store::PageRow>& pages,
                                           const store::DocumentRow& document) {
    std::vector<ContentsEntry> entries;
    for (std::size_t i = 0; i < outline.size(); ++i) {
        const store::OutlineRow& row = outline[i];
        ContentsEntry entry;
        entry.level = row.level;
        entry.title = row.title;
        entry.source = row.source;
        entry.range.begin = row.begin;
        entry.range.end = document.characters;
        for (std::size_t next = i + 1; next < outline.size(); ++next) {
            if (outline[next].level <= row.level) {
                entry.range.end = outline[next].begin;
                break;
            }
        }
        entry.page = pageRange(pages, document, entry.range.begin, entry.range.end);
        entries.push_back(std::move(entry));
    }
    return entries;
}

std::vector<ContentsEntry> chapters(const std::vector<ContentsEntry>& contents) {
    int top = 0;
    for (const ContentsEntry& entry : contents)
        top = top == 0 ? entry.level : std::min(top, entry.level);
    std::vector<ContentsEntry> result;
    for (const ContentsEntry& entry : contents)
        if (entry.level == top)
            result.push_back(entry);
    // A file whose only top entry is the book's own title has its chapters one level deeper.
    if (result.size() == 1) {
        std::vector<ContentsEntry> deeper;
        for (const ContentsEntry& entry : contents)
            if (entry.level == top + 1)
                deeper.push_back(entry);
        if (deeper.size() > 1)
            return deeper;
    }
    return result;
}

std::int64_t offsetOf(const PageSpec& spec, const std::vector<store::PageRow>& pages,
                      const std::vector<ContentsEntry>& contents,
                      const store::DocumentRow& document) {
    const auto [kind, value] = split(spec);
    if (kind == "offset") {
        const auto offset = number(value);
        if (!offset || *offset < 0 || *offset > document.characters)
            refuse(spec, pages, document);
        return *offset;
    }
    if (kind == "chapter") {
        const auto chapter = findChapter(value, contents);
        if (!chapter)
            refuse(spec, pages, document);
        return chapter->range.end;
    }
    const auto page = findPage(kind, value, pages, document);
    if (!page)
        refuse(spec, pages, document);
    return pages[*page].end;
}

int pageOf(const PageSpec& spec, const std::vector<store::PageRow>& pages,
           const std::vector<ContentsEntry>& contents, const store::DocumentRow& document) {
    const auto [kind, value] = split(spec);
    if (kind == "chapter") {
        const auto chapter = findChapter(value, contents);
        if (!chapter)
            refuse(spec, pages, document);
        return chapter->page.first;
    }
    if (kind == "offset") {
        const auto offset = number(value);
        if (!offset || pages.empty() || *offset < 0 || *offset > pages.back().end)
            refuse(spec, pages, document);
        return pageAt(pages, *offset).index;
    }
    const auto page = findPage(kind, value, pages, document);
    if (!page)
        refuse(spec, pages, document);
    return pages[*page].index;
}

} // namespace engine
