#pragma once
/// The engine's interface: everything that a window or a command line may ask of it, in the
/// reader's vocabulary.
///
/// Long requests return a Task and report through a Sink, which is called on the engine's worker
/// thread, one event at a time; exactly one Done comes last, after success, failure and cancel
/// alike. Requests run one after another in the order they were made, but a reading lets the others
/// in between two segments. Pictures of pages are drawn on a thread of their own, which calls the
/// sinks of `render`, and wait for nothing else. The other calls are synchronous, return copies,
/// may be made from any thread, and throw engine::Error. They wait for neither thread, except that
/// two of them write: `remove` and `restore` wait up to 5 s for whatever is being written at that
/// moment.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/error.h"

namespace engine {

/// A document is known by the SHA-256 of its bytes: 64 lower-case hex digits.
struct DocumentId {
    std::string sha256;
    auto operator<=>(const DocumentId&) const = default;
};

/// Half-open range of offsets: Unicode code points of the stored text.
struct TextRange {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

/// Pages as counted from 1 and as printed. For formats without pages these are locations and
/// `isLocation` is set.
struct PageRange {
    int first = 0;
    int last = 0;
    /// Printed name; equal to the index when the file names none; "[1]", the index in brackets, for
    /// what stands in front of an EPUB's first printed page. PageSpec takes it back.
    std::string firstLabel;
    std::string lastLabel;
    bool isLocation = false;
    /// Of a printed edition that the file names: nobody can turn to such a page by its index.
    bool isPrinted = false;
};

enum class Stage { Hash, Text, Index, Read, Search, Rank, Write, Check };

/// Work on one document. `done` never decreases within a stage.
struct Progress {
    Stage stage = Stage::Text;
    DocumentId document;
    std::string title;
    std::string
        unit; ///< what done and total count: "bytes", "pages", "locations", "passages", "tokens"
    std::int64_t done = 0;
    std::int64_t total = 0;
    double perSecond = 0;       ///< units per second of this stage
    double tokensPerSecond = 0; ///< Stage::Read only
    std::optional<double> etaSeconds;
    std::int64_t memoryBytes = 0; ///< Stage::Read only: size of the compressive memory, constant
};

/// Where a document stands; the words of product.md, section 2.
enum class State {
    Queued,
    TextReady,
    Reading,
    Paused,
    Read,
    ReadWithGaps,
    MemoryOutdated, ///< read by another model, adapter or mode only; known once a model is loaded
    Locked,
    NoText,
    Damaged,
    Removed
};

/// How many pages were read and how. text + byOcr + empty + failed + pending = total, always.
struct Coverage {
    int text = 0;
    int byOcr = 0;
    int empty = 0;
    int failed = 0;
    int pending = 0;
    int total = 0;
    int read =
        0; ///< pages that the memory has consumed, counted from offsets, contiguous from the first
    bool isLocation = false;
    std::vector<int> failedPages;   ///< page indexes
    std::optional<PageRange> bound; ///< set when the answer is "as of" a page
    DocumentId document;            ///< set in events; empty inside DocumentInfo
};

struct DocumentInfo {
    DocumentId id;
    std::string title;
    std::string author;
    std::string kind; ///< "pdf", "epub", "text", "markdown"
    std::string language;
    State state = State::Queued;
    std::int64_t bytes = 0;
    std::int64_t characters = 0;
    std::int64_t tokensRead = 0; ///< this and `coverage.read`: by the model in use, once loaded
    Coverage coverage;
    std::vector<std::string> paths; ///< bytes as the file system gives them
    std::vector<std::string> collections;
    std::string addedAt; ///< ISO 8601, UTC
    bool isRemoved = false;
};

/// Whether the pages of such a document (DocumentInfo::kind) can be drawn and have words with
/// places. All others are locations, or pages of a printed edition that an EPUB names: text alone.
[[nodiscard]] inline bool hasPictures(std::string_view kind) {
    return kind == "pdf";
}

struct ContentsEntry {
    int level = 1;
    std::string title;
    PageRange page;
    TextRange range;    ///< from this heading to the next of the same or a higher level
    std::string source; ///< "file", "printed" or "guessed"
};

/// One page as shown; or, without a size, a location or a printed page.
struct PageInfo {
    int index = 0; ///< from 1, without gaps
    /// Printed name, as PageRange::firstLabel has it: "[1]" for what stands in front of an EPUB's
    /// first printed page.
    std::string label;
    float widthPt = 0, heightPt = 0; ///< points, the page's own rotation applied
    TextRange range;                 ///< pages tile the stored text
    enum class State { Text, Ocr, Empty, Failed, Pending } state = State::Pending;
    std::string reason; ///< why it failed, a clause; else empty
};

/// A stretch of one printed line in points, origin at the top left of the page as shown.
struct LineBox {
    int page = 0; ///< index
    float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

/// A word of one page, for selecting; points as in LineBox. A word over two lines has two entries.
struct WordBox {
    TextRange range;
    float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

/// What a stretch of the stored text is, for showing it without its pages.
struct TextBlock {
    enum class Kind { Paragraph, Heading, ListItem, Quote, Code, TableRow, Note, Caption };
    Kind kind = Kind::Paragraph;
    int level = 0; ///< headings: 1-6
    TextRange range;
};

struct SnapshotInfo {
    std::int64_t id = 0;
    std::optional<std::int64_t> parent;
    std::string kind; ///< "chapter", "interval", "pause", "head", "end"
    std::string mode;
    std::string adapter; ///< "none" or its SHA-256
    std::string model;   ///< SHA-256 of the weights as used
    std::int64_t tokens = 0;
    std::int64_t segments = 0;
    std::int64_t segmentTokens = 0;
    TextRange text; ///< [0, end)
    PageRange page;
    std::int64_t bytes = 0;
    std::string device, dtype, engineVersion, createdAt;
    int threads = 0;
};

/// A citation's target: stored text, compared with the store again before it is handed out.
struct Evidence {
    int number = 0; ///< [n]
    DocumentId document;
    std::string title;
    std::string chapter; ///< empty when the document has no contents
    int paragraph = 0;   ///< within the chapter, from 1; shown where pages are locations
    PageRange pages;
    TextRange range;
    std::string
        place; ///< as cited after the title: "ch. 7, p. 214 (PDF 226)" or "ch. 3, ¶ 12 (loc. 37)"
    std::string quote; ///< the stored text of `range`, character by character
    double score = 0;
};

/// Text of the gist as the model writes it; append.
struct Gist {
    std::string utf8;
};

/// Why a gist sentence may be believed; measured, never generated.
enum class Basis { Evidence, Memory, Model };

/// The gist, sentence by sentence, once it is complete. Replaces the streamed text.
struct GistSentence {
    std::string utf8;
    Basis basis = Basis::Model;
    std::vector<int> citations; ///< evidence numbers
    double memoryLift = 0;      ///< nats per token that the memory adds over a zeroed one
};

/// Neither channel supports an answer: "not in this document".
struct Refusal {
    std::string utf8; ///< one sentence
};

/// A fact beside the result that a person should see: "no adapter", "continued on another device".
struct Notice {
    std::string utf8;
};

struct SearchHit {
    Evidence passage;
    std::vector<TextRange> words = {}; ///< where in it the words of the query stand, in order
};

/// A chapter or book summary, complete; its sentences came as GistSentence before, its sources as
/// Evidence.
struct Summary {
    DocumentId document;
    std::string title; ///< of the chapter, or of the book
    TextRange range;
    PageRange pages;
    std::int64_t id = 0; ///< 0: not kept
};

struct Document {
    DocumentInfo info;
};

/// One finished unit of `verify`: what was checked and whether it holds.
struct Check {
    DocumentId document;
    std::string what;
    bool holds = false;
    std::string detail;
};

/// A rectangle in the pixels of a whole page's picture, origin at its top left.
struct PixelRect {
    int x = 0, y = 0, width = 0, height = 0;
};

/// A page, or a part of one, as drawn for a RenderRequest, whose page, scale, rotation and part it
/// repeats. Rows of 4-byte pixels, blue first, then green, red and 255: QImage::Format_RGB32.
struct PagePicture {
    DocumentId document;
    int page = 0; ///< index
    float scale = 0;
    int rotation = 0;
    std::optional<PixelRect> part; ///< as asked
    int width = 0, height = 0;     ///< pixels; of a part: what of it lies on the page
    int stride = 0;                ///< bytes from one row to the next
    std::string pixels;            ///< stride · height bytes
    std::string failure;           ///< why there is no picture, a clause; else empty
};

/// A place on a page that leads somewhere; points as in LineBox.
struct PageLink {
    float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    int page = 0;    ///< index in the same document; 0: out of it
    std::string uri; ///< as the file has it, whatever that is; empty when `page` is set
};

/// The answer to a LinksRequest, in the order of the file.
struct PageLinks {
    DocumentId document;
    int page = 0; ///< index
    std::vector<PageLink> links;
};

/// An export as one string; of "docx" and "odt" the bytes.
struct Exported {
    std::string content;
};

/// Where models compute.
struct DeviceInfo {
    std::string device; ///< "cpu" or "cuda:N"
    /// Of "cpu" what a CUDA device lacks, empty when the processor was asked for; of "cuda:N" what
    /// it is: "NVIDIA H200, compute capability 9.0".
    std::string reason;
};

/// The model in use.
struct ModelInfo {
    std::string path, name, family, sha256;
    std::string adapter, adapterPath;                 ///< "none" and empty, or its SHA-256 and file
    std::string dtype, device, deviceReason, kernels; ///< device and reason as in DeviceInfo
    int threads = 0;
    int contextTokens = 0;
    std::int64_t memoryBytes = 0;
    bool isLoaded = false;
    std::vector<std::string> libraries; ///< with versions: "LibTorch 2.11.0", "SQLite 3.40.1"
};

/// A line of a training: how far it has come, or what was measured on held-out texts.
struct Training {
    std::string line;      ///< as it stands in the log
    bool isResult = false; ///< held-out figures and remarks, rather than progress
    std::int64_t step = 0;
    double progress = 0; ///< 0 … 1; 0 while only a target ends it
    std::optional<double> etaSeconds;
};

struct Failed {
    Code code = Code::Internal;
    std::string message; ///< a sentence
    std::string where;   ///< path or document the failure belongs to; may be empty
};

struct Done {
    bool cancelled = false;
};

/// One record of a measurement: a JSON object on one line, with `v` and `type`.
struct MeasuredLine {
    std::string json;
};

/// What a measurement found, computed from its lines alone.
struct MeasuredReport {
    std::string markdown;
    std::vector<std::pair<std::string, std::string>> charts; ///< file name and SVG
};

using Event =
    std::variant<Progress, Document, Evidence, Gist, GistSentence, Refusal, Coverage, Notice,
                 SearchHit, Summary, Check, PagePicture, PageLinks, Exported, DeviceInfo, ModelInfo,
                 MeasuredLine, MeasuredReport, Training, Failed, Done>;

/// Called on one of the engine's threads. Must not throw and must not wait for the engine.
using Sink = std::function<void(const Event&)>;

/// A running request. Destroying it cancels it and returns only when the sink will not be called
/// again.
class Task {
public:
    class Impl;
    Task() = default;
    explicit Task(std::shared_ptr<Impl> impl);
    Task(Task&&) noexcept;
    Task& operator=(Task&&) noexcept;
    ~Task();

    /// Asks the request to end within one segment or one token; returns at once.
    void cancel();
    /// Pauses or resumes a reading within one segment; other requests ignore it.
    void pause(bool paused);
    /// Blocks until Done was delivered.
    void wait();
    [[nodiscard]] bool isDone() const;

private:
    std::shared_ptr<Impl> m_impl;
};

struct Options {
    std::string libraryPath; ///< the folder that holds library.db; created when absent
    std::string modelPath;   ///< GGUF; empty: none, and only search and evidence work
    std::string adapterPath; ///< a file, "none", or empty: the shipped one where it fits the model
    std::string shippedAdapterPath; ///< comes with the program; empty: there is none
    std::string readerProgram;      ///< infolio-reader
    std::string mode = "infini-linear";
    std::string device = "auto"; ///< "auto", "cpu", "cuda", "cuda:N"
    std::string dtype = "bf16";  ///< of the weights: "bf16", "fp32" or "int8"
    int threads = 0;             ///< 0: one per physical core
    int segmentTokens = 1024;    ///< N; a multiple of 64
    int snapshotEvery = 8;       ///< K segments
    std::uint64_t seed = 0;
    double waitSeconds = 0; ///< how long to wait for a busy library
    bool readOnly = false;
};

struct ReadRequest {
    std::vector<std::string> paths;
    std::optional<std::string> password;
    std::string collection; ///< empty: none
    bool textOnly = false;  ///< no memory
    bool again = false;     ///< read from the start although a memory exists
};

/// A place in a document as a person writes it: `212`, `xii`, `index:240`, `loc:37`, `chapter:7`,
/// `offset:123456`. A number that is no label is an index, except of printed pages.
struct PageSpec {
    std::string text;
};

struct AskRequest {
    std::vector<DocumentId> documents;
    std::string question;
    std::optional<PageSpec> asOf; ///< one document only
    enum class Channel { Both, Gist, Evidence } channel = Channel::Both;
    int evidenceCount = 5;
    bool strict = false; ///< only cited sentences
    int maxTokens = 160;
    std::string conversation;          ///< empty: none is kept
    std::optional<std::uint64_t> seed; ///< unset: greedy
};

struct SearchRequest {
    std::string query;                 ///< all words; "…" a phrase
    std::vector<DocumentId> documents; ///< empty: all
    std::optional<PageSpec> asOf;
    int limit = 20;
    bool exact = false;  ///< no stemming: the words as written
    int perDocument = 0; ///< of one document at most so many, its best; 0: all
};

struct SummaryRequest {
    DocumentId document;
    enum class Of { Book, Chapters, Chapter, Pages } of = Of::Book;
    int chapter = 0;      ///< Of::Chapter: from 1
    PageSpec first, last; ///< Of::Pages
    std::optional<PageSpec> asOf;
    enum class Length { Short, Medium, Long } length = Length::Medium; ///< 100, 300, 1,000 words
    enum class Style { Prose, Points, Outline } style = Style::Prose;
};

struct ExportRequest {
    DocumentId document;
    enum class What { Answers, Summaries, Text, Outline, Coverage, All } what = What::All;
    std::string format = "md"; ///< "md", "html", "docx", "odt", "txt", "json"
    std::string conversation;
    std::vector<std::int64_t> summaryIds; ///< What::Summaries: only these; empty: all
};

struct VerifyRequest {
    std::vector<DocumentId> documents; ///< empty: all
    bool replay = false;               ///< read again and compare the memory bit by bit
};

struct RenderRequest {
    DocumentId document;
    int page = 1;     ///< index
    float scale = 1;  ///< pixels per point; a page's picture is its rounded size in points · scale
    int rotation = 0; ///< degrees clockwise, beside the page's own: 0, 90, 180, 270
    std::optional<PixelRect> part; ///< of the rotated picture; unset: the whole page
    std::optional<std::string> password;
};

struct LinksRequest {
    DocumentId document;
    int page = 1; ///< index
    std::optional<std::string> password;
};

struct ModelRequest {
    std::string modelPath;   ///< GGUF
    std::string adapterPath; ///< as in Options
};

/// Measures what a memory is worth, with controls beside every figure. Empty lists: what the suite
/// measures by itself.
struct EvaluateRequest {
    /// "passkey", "needle", "perplexity", "distance", "card", "cost", "all", or "smoke", which
    /// tries all of them on two made-up items each.
    std::vector<std::string> suites;
    std::vector<std::string> reportOf; ///< lines files: only their report; `suites` is then empty
    std::string dataPath;              ///< folder of the test material
    std::string part = "dev";          ///< "dev", "test" or "all"
    std::vector<std::string> arms;
    std::vector<std::string> haystacks;
    std::string method = "stream";     ///< or "increment": later segments have not read the needle
    std::int64_t limit = 0;            ///< items of a document, or segments; 0: all
    std::int64_t samples = 20;         ///< of a cell
    std::vector<std::int64_t> lengths; ///< tokens
    std::vector<int> depths;           ///< percent
    std::vector<int> needles;
    std::string linesPath;                 ///< each line is written there at once; empty: no file
    bool resume = false;                   ///< goes on with the lines that are there
    std::vector<std::string> requirements; ///< 'passkey/book/131072/50/exact>=0.98'
    std::string command;                   ///< as it was given, for the record
};

struct AdaptRequest {
    std::vector<std::string> texts; ///< plain text files, and folders of *.txt
    std::string
        output; ///< the adapter; beside it lie its checkpoint and log, OUT.checkpoint, OUT.log
    std::string method = "infini"; ///< an adapter, or recurrent prompts: "rmt", "autocompressor"
    std::string layers;            ///< "15-24", "auto": measured; empty: 50 to 83 % of the depth
    std::optional<double> minutes; ///< of training in all, former runs of --resume included
    std::optional<std::int64_t> steps;
    std::optional<std::int64_t> target; ///< segments among which 95 % of numbers are to be found
    std::uint64_t seed = 0;
    bool gatesOnly = false; ///< only the gates: minutes, for a model without an adapter
    std::string from;       ///< adapter to begin with; empty: nothing
    bool resume = false;    ///< go on with the checkpoint
    bool force = false;     ///< replace an adapter that is there
    std::string refused;    ///< list of texts that may not be trained on; empty: none
    double klWeight = 3;    ///< of the distance to the base model with full attention
    double checkpointMinutes = 10;
};

/// A question that was asked, and its answer as it was given.
struct AnswerRecord {
    std::int64_t id = 0;
    std::string conversation;
    std::string question;
    std::string askedAt; ///< ISO 8601, UTC
    std::vector<DocumentId> documents;
    std::string asOf; ///< place up to which the document was known, "p. 212"; empty: all of it
    std::vector<GistSentence> gist; ///< cites `evidence`; memory lifts are not kept
    std::vector<Evidence> evidence; ///< without scores; what the stored text contradicts is gone
    std::string coverage;           ///< a sentence or more
    std::string model;              ///< SHA-256 of the weights; empty: none was used
    std::optional<Refusal> refusal;
};

/// A summary as it was given.
struct SummaryRecord {
    std::int64_t id = 0;
    DocumentId document;
    std::string title; ///< of the chapter, or of the pages
    TextRange range;
    PageRange pages;
    bool isOfBook = false; ///< a part of the summary of the whole book
    std::string length;    ///< "short", "medium", "long"
    std::string style;     ///< "prose", "points", "outline"
    std::string madeAt;    ///< ISO 8601, UTC
    std::string coverage;
    std::vector<GistSentence> gist; ///< as in AnswerRecord
    std::vector<Evidence> evidence; ///< as in AnswerRecord
};

class Engine {
public:
    /// Opens or creates the library, which waits up to 5 s for whatever is being written. The model
    /// is loaded by the first request that needs it. Throws BadLibrary, Newer, ReadOnly, DiskFull,
    /// LibraryBusy, WrongUse.
    static std::unique_ptr<Engine> open(const Options& options);
    virtual ~Engine() = default;

    [[nodiscard]] virtual std::vector<DocumentInfo> documents() const = 0;
    [[nodiscard]] virtual std::vector<DocumentInfo> removedDocuments() const = 0;
    /// DOC of the command line: id prefix (at least 4 hex digits), path, or exact title. Throws
    /// NotInLibrary, Ambiguous.
    [[nodiscard]] virtual DocumentInfo find(const std::string& spec) const = 0;
    [[nodiscard]] virtual std::vector<DocumentInfo> collection(const std::string& name) const = 0;
    [[nodiscard]] virtual std::vector<ContentsEntry> contents(const DocumentId& id) const = 0;
    /// The entries of the contents that `chapter:7` and SummaryRequest::chapter count.
    [[nodiscard]] virtual std::vector<ContentsEntry> chapters(const DocumentId& id) const = 0;
    [[nodiscard]] virtual std::vector<SnapshotInfo> snapshots(const DocumentId& id) const = 0;
    /// Stored text of a range. Throws WrongUse when it lies outside the document.
    [[nodiscard]] virtual std::string text(const DocumentId& id, TextRange range) const = 0;
    /// The bound that a place of a document sets: the end of that page, location or chapter.
    /// Throws WrongUse when the document has no such place, NotInLibrary.
    [[nodiscard]] virtual std::int64_t boundOf(const DocumentId& id,
                                               const PageSpec& place) const = 0;
    /// Pages, or locations, in order. Throws NotInLibrary, as do the four calls below.
    [[nodiscard]] virtual std::vector<PageInfo> pages(const DocumentId& id) const = 0;
    /// Where a range stands on its pages, one box per line and column; a word that the range cuts
    /// counts whole. Empty for documents without pages. Throws WrongUse when the range lies outside
    /// the document.
    [[nodiscard]] virtual std::vector<LineBox> boxes(const DocumentId& id,
                                                     TextRange range) const = 0;
    /// Blocks that share a character with a range, in order. Throws WrongUse when it lies outside
    /// the document.
    [[nodiscard]] virtual std::vector<TextBlock> blocks(const DocumentId& id,
                                                        TextRange range) const = 0;
    /// Words of a page in the order of the text; empty for documents without pages. Throws WrongUse
    /// when there is no such page.
    [[nodiscard]] virtual std::vector<WordBox> words(const DocumentId& id, int page) const = 0;
    /// Summaries of a document, in the order of its text.
    [[nodiscard]] virtual std::vector<SummaryRecord> summaries(const DocumentId& id) const = 0;
    /// Names of the conversations that have an answer, the one with the newest answer first.
    [[nodiscard]] virtual std::vector<std::string> conversations() const = 0;
    /// Answers of a conversation, oldest first; empty when there is none of that name.
    [[nodiscard]] virtual std::vector<AnswerRecord>
    answers(const std::string& conversation) const = 0;
    /// Loads the model if needed. Throws NoModel, BadWeights, NoMemory, NoDevice.
    [[nodiscard]] virtual ModelInfo model() = 0;

    /// Adds files and reads them; goes on where an earlier reading stopped. Events: Progress,
    /// Document, Notice, Failed (one per file that could not be read, or whose document was deleted
    /// meanwhile; the others are read all the same), Done.
    [[nodiscard]] virtual Task read(const ReadRequest& request, Sink sink) = 0;
    /// Events: Notice, Evidence (first, each verified), Gist…, GistSentence…, or Refusal; Coverage
    /// per document; Done. Of several documents those in the Trash are left out, with a Notice;
    /// if all are there it is Failed with NotInLibrary.
    [[nodiscard]] virtual Task ask(const AskRequest& request, Sink sink) = 0;
    /// Events: SearchHit…, Done. Documents in the Trash as in `ask`.
    [[nodiscard]] virtual Task search(const SearchRequest& request, Sink sink) = 0;
    /// Events: Progress, Evidence…, GistSentence…, Summary per chapter, also of the book, Coverage,
    /// Done. The chapters of a book's summary are kept together, when the last one is made, and
    /// beside those that were made for themselves; where another program summarises the book at the
    /// same time it may be Failed with LibraryBusy, and what was kept before stays.
    [[nodiscard]] virtual Task summarize(const SummaryRequest& request, Sink sink) = 0;
    /// Events: Check…, Done.
    [[nodiscard]] virtual Task verify(const VerifyRequest& request, Sink sink) = 0;

    /// Draws a page, or a part of one; at most 8 · 2^20 pixels, more is a failure. The newest
    /// request comes first; cancelling drops one that waits. Events: PagePicture (with `failure`
    /// when this page cannot be drawn), or Failed with WrongUse (no such page, a document without
    /// pages, a scale or part that cannot mean anything), NotInLibrary, FileMissing, FileChanged,
    /// Locked, or another code of a file that cannot be opened; Done.
    [[nodiscard]] virtual Task render(const RenderRequest& request, Sink sink) = 0;

    /// Where a page leads. Waits for pictures only. Events: PageLinks, or Failed with the codes of
    /// `render`; Done.
    [[nodiscard]] virtual Task links(const LinksRequest& request, Sink sink) = 0;

    /// Events: Exported, or Failed (WrongUse: format, nothing to export); Done.
    [[nodiscard]] virtual Task exportDocument(const ExportRequest& request, Sink sink) = 0;

    /// Loads another model or adapter and uses it from the next request on; what has begun goes on
    /// with the former one, and a file that cannot be used changes nothing. Events: ModelInfo, or
    /// Failed (NoModel, BadWeights, NoMemory, NoDevice); Done.
    [[nodiscard]] virtual Task useModel(const ModelRequest& request, Sink sink) = 0;

    /// Measures with the model of the options; needs no document. Events: Progress,
    /// MeasuredLine…, MeasuredReport, or Failed (WrongUse: suite, part, arm, method, requirement,
    /// settings that differ from those of a file that is resumed; FileMissing and BadFile of the
    /// test material or a lines file; CannotWrite, DiskFull; CheckFailed after the report, one for
    /// each requirement that is missed; those of `model`); Done. Cancelling keeps the lines.
    [[nodiscard]] virtual Task evaluate(const EvaluateRequest& request, Sink sink) = 0;

    /// Trains an adapter for the model, on its device; checkpoint and adapter are written as it
    /// goes, and when it is cancelled, which takes one step. Events: Training…, or Failed
    /// (WrongUse: no end, no such layers, a refused text, too few texts; CannotWrite, FileMissing,
    /// NoModel, NoDevice, NoMemory, BadWeights, DiskFull); Done.
    [[nodiscard]] virtual Task adapt(const AdaptRequest& request, Sink sink) = 0;

    /// Opens the device of the options unless it is open, which takes seconds where there is a CUDA
    /// device and a moment where there is none. Events: DeviceInfo, or Failed (NoDevice); Done.
    [[nodiscard]] virtual Task device(Sink sink) = 0;

    /// Moves documents to the Trash and back, all or none; derived data stays until purge. Throw
    /// NotInLibrary, ReadOnly, and LibraryBusy when something else takes long to write, as a purge
    /// does.
    virtual void remove(const std::vector<DocumentId>& ids) = 0;
    virtual void restore(const std::vector<DocumentId>& ids) = 0;
    /// Deletes everything derived from the documents in the Trash. No 24-byte piece of them stays
    /// in the library's files; what a program that was ended left undone, the next one to open the
    /// library finishes. Events: Failed (LibraryBusy, ReadOnly); Done.
    [[nodiscard]] virtual Task purge(Sink sink) = 0;
    /// Deletes all conversations in the same way; summaries stay. Events as of purge.
    [[nodiscard]] virtual Task forgetAnswers(Sink sink) = 0;
};

} // namespace engine
