#pragma once
/// The engine on this machine: the conductor that takes a book from file to document, model, store
/// and answer. Requests run on the worker thread, pictures of pages on the view thread; synchronous
/// calls, and what the view thread asks of the library, use a connection of their own.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/answer/answer.h"
#include "engine/device.h"
#include "engine/document/page_renderer.h"
#include "engine/engine.h"
#include "engine/model/session.h"
#include "engine/reading.h"
#include "engine/store/library.h"
#include "engine/task.h"

namespace engine {

class LocalEngine final : public Engine {
public:
    explicit LocalEngine(const Options& options,
                         kernels::CudaLibraries libraries = kernels::CudaLibraries::standard())
        : m_options(options), m_libraries(std::move(libraries)),
          m_library(store::Library::open(options.libraryPath, access())),
          m_view(store::Library::open(options.libraryPath, access())) {}

    /// Both once, in this order, before the first request. The first is the last call that waits
    /// for others as one at a window does; what runs on the worker waits for kPatience.
    void settleReadings();
    void finishPurge();

    std::vector<DocumentInfo> documents() const override;
    std::vector<DocumentInfo> removedDocuments() const override;
    DocumentInfo find(const std::string& spec) const override;
    std::vector<DocumentInfo> collection(const std::string& name) const override;
    std::vector<ContentsEntry> contents(const DocumentId& id) const override;
    std::vector<ContentsEntry> chapters(const DocumentId& id) const override;
    std::vector<SnapshotInfo> snapshots(const DocumentId& id) const override;
    std::string text(const DocumentId& id, TextRange range) const override;
    std::int64_t boundOf(const DocumentId& id, const PageSpec& place) const override;
    std::vector<PageInfo> pages(const DocumentId& id) const override;
    std::vector<LineBox> boxes(const DocumentId& id, TextRange range) const override;
    std::vector<TextBlock> blocks(const DocumentId& id, TextRange range) const override;
    std::vector<WordBox> words(const DocumentId& id, int page) const override;
    std::vector<SummaryRecord> summaries(const DocumentId& id) const override;
    std::vector<std::string> conversations() const override;
    std::vector<AnswerRecord> answers(const std::string& conversation) const override;
    ModelInfo model() override;
    void remove(const std::vector<DocumentId>& ids) override;
    void restore(const std::vector<DocumentId>& ids) override;

    Task read(const ReadRequest& request, Sink sink) override;
    Task ask(const AskRequest& request, Sink sink) override;
    Task search(const SearchRequest& request, Sink sink) override;
    Task summarize(const SummaryRequest& request, Sink sink) override;
    Task verify(const VerifyRequest& request, Sink sink) override;
    Task render(const RenderRequest& request, Sink sink) override;
    Task links(const LinksRequest& request, Sink sink) override;
    Task exportDocument(const ExportRequest& request, Sink sink) override;
    Task useModel(const ModelRequest& request, Sink sink) override;
    Task evaluate(const EvaluateRequest& request, Sink sink) override;
    Task adapt(const AdaptRequest& request, Sink sink) override;
    Task device(Sink sink) override;
    Task purge(Sink sink) override;
    Task forgetAnswers(Sink sink) override;

private:
    /// Of the worker: what runs for hours must outlast another program's purge, and nobody waits
    /// for it at a window.
    static constexpr std::chrono::seconds kPatience{60};
    /// A file that is read (read_request.cpp).
    class FoundFile;

    store::Library::Access access() const {
        return m_options.readOnly ? store::Library::Access::ReadOnly
                                  : store::Library::Access::ReadWrite;
    }

    static store::DocumentRow rowOf(const store::Library& library, const DocumentId& id) {
        auto row = library.documentBySha256(id.sha256);
        if (!row)
            throw Error(Code::NotInLibrary,
                        "No document " + id.sha256.substr(0, 8) + " in this library.");
        return std::move(*row);
    }
    /// Throws NotInLibrary unless all are there.
    static std::vector<std::int64_t> rowIdsOf(const store::Library& library,
                                              const std::vector<DocumentId>& ids);
    /// The row as it is now. Throws NotInLibrary when the document was deleted for good since `row`
    /// was fetched: between two segments requests are let in, and at any moment there may be
    /// another program.
    static store::DocumentRow requireStored(const store::Library& library,
                                            const store::DocumentRow& row);
    /// Runs `write`. Where it fails because one of the documents was deleted for good, which the
    /// store can only call a bug, throws as requireStored does.
    template <typename Write>
    static auto stillStored(const store::Library& library,
                            const std::vector<store::DocumentRow>& rows, const Write& write) {
        try {
            return write();
        } catch (const Error&) {
            for (const store::DocumentRow& row : rows)
                requireStored(library, row);
            throw;
        }
    }
    static store::DocumentRow findRow(const store::Library& library, const std::string& spec);
    static std::int64_t boundIn(const store::Library& library, const store::DocumentRow& row,
                                const PageSpec& place);
    DocumentInfo info(const store::Library& library, const store::DocumentRow& row) const;
    Coverage countedPages(const store::Library& library, const store::DocumentRow& row,
                          std::int64_t consumed) const;
    std::vector<DocumentInfo> infos(const store::Library& library,
                                    const std::vector<store::DocumentRow>& rows) const;

    /// What a reading must share with the model in use for its memory to serve that model.
    struct Maker {
        std::string model, adapter, tokenizer, mode;
        bool operator==(const Maker&) const = default;
    };
    static Maker makerOf(const store::ReadingRow& reading);
    Maker makerOf(const model::Model& model) const;
    /// Any thread, without waiting for a model that is being loaded.
    std::optional<Maker> maker() const;
    /// What the memories of a document have consumed.
    struct Consumed {
        std::int64_t end = 0, tokens = 0; ///< the newest that serves the model in use
        bool hasOthers = false;           ///< there are memories that do not serve it
    };
    Consumed consumed(const store::Library& library, std::int64_t documentId) const;

    /// A model and where it computes, which need not be the device that was opened.
    struct Placed {
        std::shared_ptr<const model::Model> model;
        Device device;
        int threads = 0; ///< with which the processor computes
    };

    /// Any thread; opens it at the first call.
    Device openedDevice();
    std::shared_ptr<const model::Model> loadedModel();
    Placed placedModel();
    void setModel(Placed placed);
    ModelInfo modelInfo(const std::string& path, const Placed& placed) const;
    Placed load(const ModelRequest& request);
    Placed placed(std::shared_ptr<const model::Model> model, const Device& device) const;
    std::shared_ptr<const model::Model> modelIfAny(Task::Impl& task);
    ReadingOptions readingOptions() const;
    /// Says so where the adapter was not made for how the document is read, in segments of N
    /// tokens.
    void noteTraining(const model::Model& model, const std::string& title, std::int64_t N,
                      Task::Impl& task) const;

    void runRead(const ReadRequest& request, Task::Impl& task);
    void readOne(const std::string& path, const ReadRequest& request, Task::Impl& task);
    store::DocumentRow storeText(const FoundFile& file, const std::string& sha256,
                                 const ReadRequest& request, Task::Impl& task);
    void readMemory(const store::DocumentRow& row, bool again, Task::Impl& task);
    void readOn(const store::DocumentRow& row, const std::shared_ptr<const model::Model>& model,
                bool again, Task::Impl& task);
    void endFailedReading(const store::DocumentRow& row);
    void runAsk(const AskRequest& request, Task::Impl& task);
    void runSearch(const SearchRequest& request, Task::Impl& task);
    void runSummarize(const SummaryRequest& request, Task::Impl& task);
    void runVerify(const VerifyRequest& request, Task::Impl& task);
    void runEvaluate(const EvaluateRequest& request, Task::Impl& task);
    void runAdapt(const AdaptRequest& request, Task::Impl& task);
    void runRender(const RenderRequest& request, Task::Impl& task);
    void runLinks(const LinksRequest& request, Task::Impl& task);
    void withView(const DocumentId& id, int page, const std::optional<std::string>& password,
                  Task::Impl& task, const std::function<void(document::PageRenderer&)>& use);
    document::PageRenderer* view(const store::DocumentRow& row,
                                 const std::vector<store::PathRow>& files,
                                 const std::optional<std::string>& password, Task::Impl& task);

    std::vector<store::DocumentRow> outOfTheTrash(const std::vector<DocumentId>& ids,
                                                  Task::Impl& task);
    std::shared_ptr<Reading> furthestReading(const store::DocumentRow& row,
                                             const std::shared_ptr<const model::Model>& model);
    answer::Source source(const store::DocumentRow& row, const std::optional<PageSpec>& asOf,
                          const std::shared_ptr<const model::Model>& model, Task::Impl& task);
    Coverage coverageOf(const store::DocumentRow& row, const answer::Source& source);
    answer::Listener listener(Task::Impl& task, const std::string& title, const DocumentId& id);

    Options m_options;
    kernels::CudaLibraries m_libraries;
    std::mutex m_deviceMutex;
    std::optional<Device> m_device;            ///< nothing until it is needed
    std::unique_ptr<store::Library> m_library; ///< worker thread
    std::unique_ptr<store::Library>
        m_view; ///< synchronous calls and view thread, under m_viewMutex
    mutable std::mutex m_viewMutex;
    /// What is known of the pages of a document; fixed with its text, which names it.
    struct Pages {
        std::string textSha256;
        Coverage counts; ///< as if nothing was read
        std::vector<std::int64_t> ends;
    };
    mutable std::mutex m_pagesMutex;
    mutable std::map<std::int64_t, Pages> m_pages; ///< by document
    mutable std::mutex m_modelMutex;
    Placed m_placed;                 ///< of the model in use; empty until it is needed
    mutable std::mutex m_makerMutex; ///< held for no longer than a copy takes, unlike m_modelMutex
    std::optional<Maker> m_maker;    ///< of m_placed; nothing in a mode that stores no readings
    /// A document whose pages are being looked at.
    struct View {
        std::string sha256;
        std::unique_ptr<document::PageRenderer> renderer;
    };
    std::vector<View> m_views; ///< view thread; the one used last comes first
    Worker m_worker; ///< this and the next two last: their threads end before what they use
    Worker m_viewWorker{Worker::Order::NewestFirst};
    Task m_finishing; ///< what a killed program left of its purge
};

} // namespace engine
