#include <climits>

#include "engine/store/library_impl.h"
#include "engine/store/passage_index.h"

namespace engine::store {

namespace {

bool startsCodePoint(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

PassageRow passageRow(const Statement& statement) {
    PassageRow row;
    row.id = statement.integer(0);
    row.ordinal = static_cast<int>(ordinalOfPassage(row.id));
    row.outline = static_cast<int>(statement.integer(1));
    row.pageFirst = static_cast<int>(statement.integer(2));
    row.pageLast = static_cast<int>(statement.integer(3));
    row.begin = statement.integer(4);
    row.end = statement.integer(5);
    row.isContents = statement.integer(6) != 0;
    row.text = statement.string(7);
    return row;
}

PageRow pageRow(const Statement& statement) {
    PageRow row;
    row.index = static_cast<int>(statement.integer(0));
    row.label = statement.string(1);
    row.widthPt = statement.real(2);
    row.heightPt = statement.real(3);
    row.rotation = static_cast<int>(statement.integer(4));
    row.begin = statement.integer(5);
    row.end = statement.integer(6);
    row.status = static_cast<int>(statement.integer(7));
    row.reason = statement.string(8);
    return row;
}

constexpr std::string_view kPassageColumns =
    "SELECT id, outline_ordinal, page_first, page_last, char_begin, char_end, is_contents, text "
    "FROM passages WHERE ";

} // namespace

std::size_t byteOffset(std::string_view text, std::int64_t index) {
    std::size_t byte = 0;
    for (; byte < text.size(); ++byte) {
        if (startsCodePoint(text[byte]) && index-- == 0) {
            break;
        }
    }
    return byte;
}

std::int64_t codePoints(std::string_view text) {
    std::int64_t count = 0;
    for (const char byte : text) {
        count += startsCodePoint(byte) ? 1 : 0;
    }
    return count;
}

std::string Library::Impl::passageIndex(std::int64_t documentId) const {
    Statement statement =
        database.prepare("SELECT entries FROM passage_index WHERE document_id = ?1");
    statement.bind(1, documentId);
    return statement.step() ? std::string(statement.blob(0)) : std::string();
}

std::vector<PageRow> Library::pages(std::int64_t documentId, bool withWords) const {
    if (withWords) {
        return pagesWithWords(documentId, 1, INT_MAX);
    }
    Statement statement = m_impl->database.prepare(
        "SELECT idx, label, width_pt, height_pt, rotation, char_begin, char_end, status, "
        "reason FROM pages WHERE document_id = ?1 ORDER BY idx");
    statement.bind(1, documentId);
    std::vector<PageRow> pages;
    while (statement.step()) {
        pages.push_back(pageRow(statement));
    }
    return pages;
}

std::vector<PageRow> Library::pagesWithWords(std::int64_t documentId, int first, int last) const {
    Statement statement = m_impl->database.prepare(
        "SELECT p.idx, label, width_pt, height_pt, rotation, char_begin, char_end, status, "
        "reason, words FROM pages p LEFT JOIN page_words w ON w.document_id = p.document_id AND "
        "w.idx = p.idx WHERE p.document_id = ?1 AND p.idx BETWEEN ?2 AND ?3 ORDER BY p.idx");
    statement.bind(1, documentId).bind(2, first).bind(3, last);
    std::vector<PageRow> pages;
    while (statement.step()) {
        pages.push_back(pageRow(statement));
        pages.back().words = statement.blob(9);
    }
    return pages;
}

std::vector<BlockRow> Library::blocks(std::int64_t documentId, std::int64_t begin,
                                      std::int64_t end) const {
    Statement statement =
        m_impl->database.prepare("SELECT kind, level, char_begin, char_end FROM blocks WHERE "
                                 "document_id = ?1 AND char_end > ?2 "
                                 "AND char_begin < ?3 ORDER BY ordinal");
    statement.bind(1, documentId).bind(2, begin).bind(3, end);
    std::vector<BlockRow> blocks;
    while (statement.step()) {
        blocks.push_back({static_cast<int>(statement.integer(0)),
                          static_cast<int>(statement.integer(1)), statement.integer(2),
                          statement.integer(3)});
    }
    return blocks;
}

std::vector<OutlineRow> Library::outline(std::int64_t documentId) const {
    Statement statement = m_impl->database.prepare(
        "SELECT ordinal, parent, level, title, page_idx, char_begin, source "
        "FROM outline WHERE document_id = ?1 ORDER BY ordinal");
    statement.bind(1, documentId);
    std::vector<OutlineRow> outline;
    while (statement.step()) {
        OutlineRow row;
        row.ordinal = static_cast<int>(statement.integer(0));
        row.parent = static_cast<int>(statement.integer(1));
        row.level = static_cast<int>(statement.integer(2));
        row.title = statement.string(3);
        row.pageIndex = static_cast<int>(statement.integer(4));
        row.begin = statement.integer(5);
        row.source = statement.string(6);
        outline.push_back(std::move(row));
    }
    return outline;
}

std::optional<PassageRow> Library::passage(std::int64_t passageId) const {
    Statement statement = m_impl->database.prepare(std::string(kPassageColumns).append("id = ?1"));
    statement.bind(1, passageId);
    return statement.step() ? std::optional(passageRow(statement)) : std::nullopt;
}

std::vector<PassageRow> Library::passages(std::int64_t documentId, std::int64_t begin,
                                          std::int64_t end) const {
    std::vector<PassageRow> passages;
    if (begin >= end) {
        return passages;
    }
    const std::string packed = m_impl->passageIndex(documentId);
    const PassageIndex index(packed);
    Statement statement = m_impl->database.prepare(
        std::string(kPassageColumns).append("id BETWEEN ?1 AND ?2 ORDER BY id"));
    // The passage that contains the last character is the last one that overlaps.
    statement.bind(1, passageId(documentId, index.endingBy(begin)))
        .bind(2, passageId(documentId, std::min(index.endingBy(end - 1), index.size() - 1)));
    while (statement.step()) {
        passages.push_back(passageRow(statement));
    }
    return passages;
}

std::string Library::text(std::int64_t documentId, std::int64_t begin, std::int64_t end) const {
    std::string text;
    for (const PassageRow& row : passages(documentId, begin, end)) {
        const std::string_view whole = row.text;
        const std::size_t from = begin > row.begin ? byteOffset(whole, begin - row.begin) : 0;
        const std::size_t to = end < row.end ? byteOffset(whole, end - row.begin) : whole.size();
        text += whole.substr(from, to - from);
    }
    return text;
}

} // namespace engine::store
