#pragma once
/// The library: one SQLite file with everything Infolio knows about documents. Owns the connection.
/// One thread at a time per instance; several instances (and processes) may open the same file, one
/// of them for reading books.
///
/// Every call may throw BadLibrary, DiskFull, ReadOnly or LibraryBusy.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/store/records.h"

namespace engine::store {

struct Candidate {
    std::int64_t passageId = 0;
    std::int64_t documentId = 0;
    double bm25 = 0; ///< larger is better
};

/// How long a call waits for another program that writes or purges before it throws LibraryBusy.
inline constexpr std::chrono::milliseconds kPatience{5000};

/// Version of SQLite, for a person.
std::string sqliteVersion();

/// A half-open range of code points.
struct Span {
    std::int64_t begin = 0, end = 0;
    bool operator==(const Span&) const = default;
};

/// A range of a document that a search may see.
struct Scope {
    std::int64_t documentId = 0;
    std::optional<std::int64_t> bound; ///< offset; nothing at or after it may have any influence
};

class Library {
public:
    enum class Access { ReadWrite, ReadOnly };

    /// Opens or creates `folder`/library.db; migrates older versions after a `VACUUM INTO` copy.
    /// Throws BadLibrary, Newer, ReadOnly, DiskFull. ReadOnly access works on media and in folders
    /// that cannot be written, makes nothing, and needs a library of the present version.
    static std::unique_ptr<Library> open(const std::string& folder, Access access,
                                         std::chrono::milliseconds patience = kPatience);
    ~Library();

    /// How long calls wait from now on.
    void setPatience(std::chrono::milliseconds patience);

    /// The right to read books into this library, held until destruction. Throws LibraryBusy naming
    /// the holder's process id.
    class WriterLock;
    std::unique_ptr<WriterLock> lockForReading(double waitSeconds);

    // documents
    [[nodiscard]] std::vector<DocumentRow> documents(bool removed = false) const;
    [[nodiscard]] std::optional<DocumentRow> document(std::int64_t id) const;
    [[nodiscard]] std::optional<DocumentRow>
    documentBySha256(std::string_view hex) const; ///< removed ones too
    [[nodiscard]] std::vector<DocumentRow>
    documentsByPrefix(std::string_view hexPrefix) const; ///< this and the next two: not removed
    [[nodiscard]] std::vector<DocumentRow> documentsByTitle(std::string_view title) const;
    [[nodiscard]] std::vector<DocumentRow> documentsByPath(std::string_view path) const;
    [[nodiscard]] std::vector<std::string> paths(std::int64_t documentId) const;
    [[nodiscard]] std::vector<PathRow>
    files(std::int64_t documentId) const; ///< the one that changed last, first
    /// Stores document, content and index in one transaction and returns the id. When a document
    /// with this sha256 is there already, removed or not, nothing is changed and its id returned.
    /// Throws Internal when the passages do not tile the text, TooBig beyond 2^20 of them.
    std::int64_t addDocument(const DocumentRow& row, const DocumentContent& content);
    void addPath(std::int64_t documentId, std::string_view path, std::int64_t mtime,
                 std::int64_t size);
    void setState(std::int64_t documentId, std::string_view state, std::string_view error);

    // collections
    void addToCollection(std::string_view name, std::int64_t documentId);
    [[nodiscard]] std::vector<std::string> collectionsOf(std::int64_t documentId) const;
    [[nodiscard]] std::vector<std::int64_t> collection(std::string_view name) const;

    // text and structure
    [[nodiscard]] std::vector<PageRow> pages(std::int64_t documentId, bool withWords = false) const;
    [[nodiscard]] std::vector<PageRow> pagesWithWords(std::int64_t documentId, int first,
                                                      int last) const; ///< by index, inclusive
    [[nodiscard]] std::vector<BlockRow>
    blocks(std::int64_t documentId, std::int64_t begin,
           std::int64_t end) const; ///< overlapping [begin, end)
    [[nodiscard]] std::vector<OutlineRow> outline(std::int64_t documentId) const;
    [[nodiscard]] std::optional<PassageRow> passage(std::int64_t passageId) const;
    [[nodiscard]] std::vector<PassageRow>
    passages(std::int64_t documentId, std::int64_t begin,
             std::int64_t end) const; ///< overlapping [begin, end)
    /// Stored text of [begin, end), cut to the document, put together from passages. Cost grows
    /// with the range, not with the document.
    [[nodiscard]] std::string text(std::int64_t documentId, std::int64_t begin,
                                   std::int64_t end) const;

    // search
    /// Passages that contain any of the words (porter-stemmed, unicode61), and those up to three
    /// passages away from one, best first. The score is BM25 (k1 0.8, b 0.6) over the counts of a
    /// passage and, with a share, of its neighbours; pairs of words that stand together ("young
    /// king") add to it. BM25 statistics come from the scoped passages alone. With a bound, only
    /// passages with end + 64 ≤ bound count, and the words of nothing later have any influence; the
    /// tail up to the bound is the caller's matter. Contents pages rank below body text; equal
    /// scores are in the order of document and text. A word that FTS5 parts ("Anne's") counts as
    /// its parts. An id depends on document and place alone. 1,000 documents of 500 passages: about
    /// 50 ms.
    [[nodiscard]] std::vector<Candidate> candidates(const std::vector<std::string>& words,
                                                    const std::vector<std::string>& pairs,
                                                    const std::vector<Scope>& scopes,
                                                    int limit) const;
    /// All words must occur ("…" = phrase); `exact`: as written but for case, without stemming.
    /// Nothing in a query is syntax but the quotes. Scores are plain BM25 (k1 1.2, b 0.75); scope
    /// and order as above. `perDocument`: of one document only its best so many; 0: all.
    [[nodiscard]] std::vector<Candidate> search(std::string_view query,
                                                const std::vector<Scope>& scopes, int limit,
                                                bool exact, int perDocument = 0) const;
    /// Where words and phrases of a query stand in a text, in its code points, as `search` counts
    /// them: in order, none in another.
    [[nodiscard]] std::vector<Span> places(std::string_view query, std::string_view text,
                                           bool exact) const;

    // readings and snapshots
    /// Finds or creates; returns the id. What is found needs no right to write.
    std::int64_t reading(const ReadingRow& row);
    [[nodiscard]] std::vector<ReadingRow> readings(std::int64_t documentId) const;
    void setReadingState(std::int64_t readingId, std::string_view state);
    /// One transaction. A "head" replaces the reading's former head.
    std::int64_t addSnapshot(const SnapshotRow& row, std::string_view data);
    [[nodiscard]] std::vector<SnapshotRow>
    snapshots(std::int64_t readingId) const; ///< by tokenEnd, then id
    [[nodiscard]] std::string
    snapshotData(std::int64_t snapshotId) const; ///< throws BadSnapshot when gone
    void dropSnapshots(std::int64_t readingId);

    // answers and summaries
    std::int64_t addAnswer(const AnswerRow& row);
    [[nodiscard]] std::vector<AnswerRow> answers(std::int64_t documentId,
                                                 std::string_view conversation) const; ///< "": all
    [[nodiscard]] std::vector<AnswerRow>
    answersOfConversation(std::string_view title) const; ///< oldest first
    [[nodiscard]] std::vector<std::string>
    conversations() const; ///< those with an answer, by the newest one, newest first
    /// Replaces one of the same range, length and style. A part of a book's summary replaces none
    /// that is listed, and is not listed itself before `completeBookSummary`.
    std::int64_t addSummary(const SummaryRow& row);
    /// Lists the parts `ids` of a book's summary in place of all former ones of its length and
    /// style; parts of one that was never completed are dropped. Throws LibraryBusy and changes
    /// nothing when a part is gone: another program has summarised the book at the same time.
    void completeBookSummary(std::int64_t documentId, std::string_view length,
                             std::string_view style, const std::vector<std::int64_t>& ids);
    [[nodiscard]] std::vector<SummaryRow>
    summaries(std::int64_t documentId) const; ///< in the order of the text

    // removal
    /// To the Trash and back: all of them or, when it throws, none.
    void remove(const std::vector<std::int64_t>& documentIds);
    void restore(const std::vector<std::int64_t>& documentIds);
    /// Deletes what is in the Trash with everything derived from it, rewrites the full-text index,
    /// truncates the WAL and shrinks the file, so that no 24-byte piece of it stays in the
    /// library's files. Answers that also concern other documents stay, without its evidence and
    /// the sentences that cite or repeat it. Returns the number of documents. Cost grows with the
    /// text of the whole library, not with its snapshots; others may write between two tables.
    /// Throws LibraryBusy when another program purges for longer than a call waits: nothing is
    /// deleted then; and when another process keeps the journal in use: the documents are gone
    /// then, and another purge or `clearTraces` clears the traces.
    int purge();
    /// Deletes all answers and conversations but not the summaries, as thoroughly and for the same
    /// price as purge, which it does not include. Throws LibraryBusy in the same cases.
    void forgetAnswers();
    /// Whether one of these two was ended before it was done, by an error or with its program.
    [[nodiscard]] bool hasTraces() const;
    /// Ends what they began; deletes nothing else. Price and errors as of purge. `isCancelled` is
    /// asked before each table, on the caller's thread; what is not done then stays to be done.
    void clearTraces(const std::function<bool()>& isCancelled);

    /// SQLite's own integrity check plus: passages tile each document, text hash agrees. One
    /// sentence per fault.
    [[nodiscard]] std::vector<std::string> verify(std::optional<std::int64_t> documentId) const;

    /// A copy made by VACUUM INTO and checked. Throws CannotWrite when the target exists.
    void backup(const std::string& path) const;

private:
    struct Impl;
    explicit Library(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

/// Releases the right when destroyed.
class Library::WriterLock {
public:
    explicit WriterLock(int fd) : m_fd(fd) {}
    ~WriterLock();
    WriterLock(const WriterLock&) = delete;
    WriterLock& operator=(const WriterLock&) = delete;

private:
    int m_fd;
};

} // namespace engine::store
