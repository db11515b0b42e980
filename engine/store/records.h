#pragma once
/// Plain rows of the library (documents.md, section 6). Positions are offsets: code points of the
/// stored text.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace engine::store {

struct DocumentRow {
    std::int64_t id = 0;
    std::string sha256; ///< hex
    std::string kind, title, author, language;
    std::int64_t bytes = 0, pages = 0, characters = 0;
    bool hasLocations = false;
    std::string textSha256;
    std::string readerVersion;
    int layoutVersion = 0;
    std::string state; ///< "text ready", "reading", "paused", "read", "read with gaps"
    std::string error;
    std::string addedAt;
    std::optional<std::string> deletedAt;
};

/// Where a document's file was, and how it looked when it was read there.
struct PathRow {
    std::string path;
    std::int64_t mtime = 0; ///< seconds
    std::int64_t size = 0;
};

struct PageRow {
    int index = 0; ///< from 1
    std::string label;
    double widthPt = 0, heightPt = 0;
    int rotation = 0;
    std::int64_t begin = 0, end = 0;
    int status = 0; ///< document::PageState
    std::string reason;
    std::string words; ///< offset map blob
};

struct BlockRow {
    int kind = 0, level = 0;
    std::int64_t begin = 0, end = 0;
};

struct OutlineRow {
    int ordinal = 0, parent = -1, level = 1;
    std::string title;
    int pageIndex = 1;
    std::int64_t begin = 0;
    std::string source;
};

struct PassageRow {
    std::int64_t id = 0;
    int ordinal = 0, outline = -1, pageFirst = 1, pageLast = 1;
    std::int64_t begin = 0, end = 0;
    bool isContents = false;
    std::string text;
};

/// Everything that extraction yields for one document; written in one transaction.
struct DocumentContent {
    std::vector<PageRow> pages;
    std::vector<BlockRow> blocks;
    std::vector<OutlineRow> outline;
    std::vector<PassageRow> passages; ///< tile the text
};

struct ReadingRow {
    std::int64_t id = 0, documentId = 0;
    std::string modelSha256, modelName, adapterSha256; ///< "none" without adapter
    std::string mode;
    std::int64_t segmentTokens = 0;
    std::string tokenizerSha256;
    std::string state; ///< "reading", "paused", "read"
};

struct SnapshotRow {
    std::int64_t id = 0, readingId = 0;
    std::optional<std::int64_t> parentId;
    std::string kind; ///< "chapter", "interval", "pause", "head", "end"
    std::int64_t charEnd = 0, tokenEnd = 0, segment = 0;
    int pageIndex = 0;
    std::string prefixSha256;
    int format = 1;
    std::string engineVersion, device, dtype;
    int threads = 0;
    std::string createdAt;
    std::int64_t bytes = 0; ///< size of data
};

struct EvidenceRow {
    int number = 0;
    std::int64_t documentId = 0, begin = 0, end = 0;
    int pageFirst = 0, pageLast = 0;
    std::string quote;
};

struct GistRow {
    int ordinal = 0;
    std::string text;
    std::string basis; ///< "evidence", "memory", "model"
    std::vector<int> citations;
};

struct AnswerRow {
    std::int64_t id = 0;
    std::string conversation; ///< "" : none
    std::string question;
    std::string outcome; ///< "answered", "refused"
    std::string modelSha256, options, createdAt;
    std::optional<std::uint64_t> seed;
    std::vector<std::int64_t> documents;
    std::optional<std::int64_t> asOf; ///< offset
    std::string coverage;             ///< sentences, as shown
    std::vector<EvidenceRow> evidence;
    std::vector<GistRow> gist;
};

struct SummaryRow {
    std::int64_t id = 0, documentId = 0;
    std::string title;
    std::int64_t begin = 0, end = 0;
    bool isOfBook = false; ///< a part of a summary of the whole book
    std::string length, style, createdAt;
    std::string coverage; ///< a sentence, as shown
    std::vector<EvidenceRow> evidence;
    std::vector<GistRow> gist;
};

} // namespace engine::store
