#include "engine/engine.h"

#include <algorithm>
#include <filesystem>

#include "engine/convert.h"
#include "engine/exports.h"
#include "engine/kernels/cpu.h"
#include "engine/local_engine.h"
#include "engine/model/adapter_file.h"
#include "engine/model/placement.h"

namespace engine {

namespace {

model::Dtype dtypeFromName(const std::string& name) {
    if (name == "bf16")
        return model::Dtype::BFloat16;
    if (name == "fp32")
        return model::Dtype::Float32;
    if (name == "int8")
        return model::Dtype::Int8;
    throw Error(Code::WrongUse,
                "The number format \"" + name + "\" is unknown; use bf16, fp32 or int8.");
}

} // namespace

std::vector<DocumentInfo> LocalEngine::documents() const {
    const std::lock_guard lock(m_viewMutex);
    return infos(*m_view, m_view->documents());
}

std::vector<DocumentInfo> LocalEngine::removedDocuments() const {
    const std::lock_guard lock(m_viewMutex);
    return infos(*m_view, m_view->documents(true));
}

DocumentInfo LocalEngine::find(const std::string& spec) const {
    const std::lock_guard lock(m_viewMutex);
    return info(*m_view, findRow(*m_view, spec));
}

std::vector<DocumentInfo> LocalEngine::collection(const std::string& name) const {
    const std::lock_guard lock(m_viewMutex);
    std::vector<store::DocumentRow> rows;
    for (const std::int64_t id : m_view->collection(name))
        if (auto row = m_view->document(id); row && !row->deletedAt)
            rows.push_back(std::move(*row));
    return infos(*m_view, rows);
}

std::vector<ContentsEntry> LocalEngine::contents(const DocumentId& id) const {
    const std::lock_guard lock(m_viewMutex);
    const store::DocumentRow row = rowOf(*m_view, id);
    return contentsEntries(m_view->outline(row.id), m_view->pages(row.id), row);
}

std::vector<ContentsEntry> LocalEngine::chapters(const DocumentId& id) const {
    return engine::chapters(contents(id));
}

std::string LocalEngine::text(const DocumentId& id, TextRange range) const {
    const std::lock_guard lock(m_viewMutex);
    const store::DocumentRow row = rowOf(*m_view, id);
    requireInside(range, row);
    return m_view->text(row.id, range.begin, range.end);
}

Task LocalEngine::read(const ReadRequest& request, Sink sink) {
    return m_worker.submit(Worker::Kind::Reading, std::move(sink),
                           [this, request](Task::Impl& task) { runRead(request, task); });
}

Task LocalEngine::search(const SearchRequest& request, Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink),
                           [this, request](Task::Impl& task) { runSearch(request, task); });
}

Task LocalEngine::ask(const AskRequest& request, Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink),
                           [this, request](Task::Impl& task) { runAsk(request, task); });
}

Task LocalEngine::summarize(const SummaryRequest& request, Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink),
                           [this, request](Task::Impl& task) { runSummarize(request, task); });
}

Task LocalEngine::verify(const VerifyRequest& request, Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink),
                           [this, request](Task::Impl& task) { runVerify(request, task); });
}

Task LocalEngine::evaluate(const EvaluateRequest& request, Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink),
                           [this, request](Task::Impl& task) { runEvaluate(request, task); });
}

void LocalEngine::remove(const std::vector<DocumentId>& ids) {
    const std::lock_guard lock(m_viewMutex);
    m_view->remove(rowIdsOf(*m_view, ids));
}

void LocalEngine::restore(const std::vector<DocumentId>& ids) {
    const std::lock_guard lock(m_viewMutex);
    m_view->restore(rowIdsOf(*m_view, ids));
}

Task LocalEngine::purge(Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink),
                           [this](Task::Impl&) { m_library->purge(); });
}

Task LocalEngine::forgetAnswers(Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink),
                           [this](Task::Impl&) { m_library->forgetAnswers(); });
}

Task LocalEngine::useModel(const ModelRequest& request, Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink), [this, request](Task::Impl& task) {
        const Placed placed = load(request);
        {
            const std::lock_guard lock(m_modelMutex);
            m_options.modelPath = request.modelPath;
            m_options.adapterPath = request.adapterPath;
            setModel(placed);
        }
        task.emit(modelInfo(request.modelPath, placed));
    });
}

Task LocalEngine::device(Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink), [this](Task::Impl& task) {
        const Device device = openedDevice();
        task.emit(DeviceInfo{device.name, device.reason});
    });
}

std::vector<std::int64_t> LocalEngine::rowIdsOf(const store::Library& library,
                                                const std::vector<DocumentId>& ids) {
    std::vector<std::int64_t> rowIds;
    for (const DocumentId& id : ids)
        rowIds.push_back(rowOf(library, id).id);
    return rowIds;
}

store::DocumentRow LocalEngine::requireStored(const store::Library& library,
                                              const store::DocumentRow& row) {
    auto now = library.document(row.id);
    if (!now)
        throw Error(Code::NotInLibrary,
                    "\"" + row.title +
                        "\" was deleted from the library meanwhile, and nothing "
                        "of it is kept. Read its file again if you still want "
                        "it.");
    return std::move(*now);
}

store::DocumentRow LocalEngine::findRow(const store::Library& library, const std::string& spec) {
    const bool isHex = spec.size() >= 4 && spec.size() <= 64 &&
                       spec.find_first_not_of("0123456789abcdef") == std::string::npos;
    std::vector<store::DocumentRow> rows;
    if (isHex)
        rows = library.documentsByPrefix(spec);
    if (rows.empty()) {
        std::error_code ignored;
        const auto absolute = std::filesystem::absolute(spec, ignored).lexically_normal().string();
        rows = library.documentsByPath(absolute);
    }
    if (rows.empty())
        rows = library.documentsByTitle(spec);
    if (rows.size() > 1) {
        std::string names;
        for (const store::DocumentRow& row : rows)
            names += (names.empty() ? "" : ", ") + row.sha256.substr(0, 8) + " (" + row.title + ")";
        throw Error(Code::Ambiguous, "\"" + spec + "\" fits several documents: " + names +
                                         ". Give more digits of the id.");
    }
    if (rows.empty())
        throw Error(Code::NotInLibrary,
                    "\"" + spec + "\" is not in this library. Read it first: infolio-cli read \"" +
                        spec + "\"");
    return rows.front();
}

LocalEngine::Maker LocalEngine::makerOf(const store::ReadingRow& reading) {
    return {reading.modelSha256, reading.adapterSha256, reading.tokenizerSha256, reading.mode};
}

LocalEngine::Maker LocalEngine::makerOf(const model::Model& model) const {
    return {model.weights->sha256, model.adapter->sha256, model.tokenizer->sha256(),
            m_options.mode};
}

std::optional<LocalEngine::Maker> LocalEngine::maker() const {
    const std::lock_guard lock(m_makerMutex);
    return m_maker;
}

/// Any memory may serve a model that is not known yet.
LocalEngine::Consumed LocalEngine::consumed(const store::Library& library,
                                            std::int64_t documentId) const {
    const std::optional<Maker> maker = this->maker();
    Consumed result;
    for (const store::ReadingRow& reading : library.readings(documentId)) {
        const bool serves = !maker || makerOf(reading) == *maker;
        for (const store::SnapshotRow& snapshot : library.snapshots(reading.id)) {
            result.hasOthers = result.hasOthers || !serves;
            if (serves && snapshot.charEnd >= result.end) {
                result.end = snapshot.charEnd;
                result.tokens = snapshot.tokenEnd;
            }
        }
    }
    return result;
}

DocumentInfo LocalEngine::info(const store::Library& library, const store::DocumentRow& row) const {
    DocumentInfo info;
    info.id = {row.sha256};
    info.title = row.title;
    info.author = row.author;
    info.kind = row.kind;
    info.language = row.language;
    info.state = row.deletedAt ? State::Removed : stateFromName(row.state);
    info.isRemoved = row.deletedAt.has_value();
    info.bytes = row.bytes;
    info.characters = row.characters;
    info.addedAt = row.addedAt;
    info.paths = library.paths(row.id);
    info.collections = library.collectionsOf(row.id);
    const Consumed read = consumed(library, row.id);
    info.tokensRead = read.tokens;
    info.coverage = countedPages(library, row, read.end);
    // The library knows how the last reading of a document stands, which may be another model's.
    if (read.hasOthers && !info.isRemoved && info.state != State::Reading)
        info.state = read.end == 0               ? State::MemoryOutdated
                     : read.end < row.characters ? State::Paused
                     : info.coverage.failed > 0  ? State::ReadWithGaps
                                                 : State::Read;
    return info;
}

/// Lists of documents are asked for often, and all their pages would be read for three numbers.
Coverage LocalEngine::countedPages(const store::Library& library, const store::DocumentRow& row,
                                   std::int64_t consumed) const {
    const std::lock_guard lock(m_pagesMutex);
    Pages& known = m_pages[row.id];
    if (known.textSha256 != row.textSha256 || known.ends.empty()) {
        const auto pages = library.pages(row.id);
        known = {row.textSha256, coverage(pages, row.hasLocations, -1), {}};
        for (const store::PageRow& page : pages)
            known.ends.push_back(page.end);
    }
    Coverage result = known.counts;
    // Pages without text at the beginning end at 0, and nothing has read them yet.
    if (consumed > 0)
        result.read = static_cast<int>(
            std::upper_bound(known.ends.begin(), known.ends.end(), consumed) - known.ends.begin());
    return result;
}

std::vector<DocumentInfo> LocalEngine::infos(const store::Library& library,
                                             const std::vector<store::DocumentRow>& rows) const {
    std::vector<DocumentInfo> result;
    for (const store::DocumentRow& row : rows)
        result.push_back(info(library, row));
    return result;
}

std::vector<SnapshotInfo> LocalEngine::snapshots(const DocumentId& id) const {
    const std::lock_guard lock(m_viewMutex);
    const store::DocumentRow row = rowOf(*m_view, id);
    const auto pages = m_view->pages(row.id);
    std::vector<SnapshotInfo> result;
    for (const store::ReadingRow& reading : m_view->readings(row.id)) {
        for (const store::SnapshotRow& snapshot : m_view->snapshots(reading.id)) {
            SnapshotInfo info;
            info.id = snapshot.id;
            info.parent = snapshot.parentId;
            info.kind = snapshot.kind;
            info.mode = reading.mode;
            info.adapter = reading.adapterSha256;
            info.model = reading.modelSha256;
            info.tokens = snapshot.tokenEnd;
            info.segments = snapshot.segment;
            info.segmentTokens = reading.segmentTokens;
            info.text = {0, snapshot.charEnd};
            info.page = pageRange(pages, row, std::max<std::int64_t>(0, snapshot.charEnd - 1),
                                  snapshot.charEnd);
            info.bytes = snapshot.bytes;
            info.device = snapshot.device;
            info.dtype = snapshot.dtype;
            info.engineVersion = snapshot.engineVersion;
            info.createdAt = snapshot.createdAt;
            info.threads = snapshot.threads;
            result.push_back(std::move(info));
        }
    }
    return result;
}

std::shared_ptr<const model::Model> LocalEngine::loadedModel() {
    return placedModel().model;
}

LocalEngine::Placed LocalEngine::placedModel() {
    const std::lock_guard lock(m_modelMutex);
    if (!m_placed.model)
        setModel(load({m_options.modelPath, m_options.adapterPath}));
    return m_placed;
}

/// Under m_modelMutex.
void LocalEngine::setModel(Placed placed) {
    m_placed = std::move(placed);
    const std::lock_guard lock(m_makerMutex);
    if (model::isStorable(model::modeFromName(m_options.mode)))
        m_maker = makerOf(*m_placed.model);
}

/// Under m_modelMutex or on the worker thread.
LocalEngine::Placed LocalEngine::load(const ModelRequest& request) {
    if (request.modelPath.empty())
        throw Error(
            Code::NoModel,
            "No model file was found. Run installer/setup.sh, or name one with --model FILE.gguf.");
    // Before the first tensor: LibTorch looks once for what computes on a device.
    const Device device = openedDevice();
    const int threads = model::setThreads(m_options.threads);
    const bool isNamed = !request.adapterPath.empty() && request.adapterPath != "none";
    auto model = model::Model::load(request.modelPath, isNamed ? request.adapterPath : "",
                                    dtypeFromName(m_options.dtype));
    const std::string& shipped = m_options.shippedAdapterPath;
    if (request.adapterPath.empty() && !shipped.empty() &&
        model::AdapterFile::isFor(shipped, *model->weights))
        model = model->withAdapter(shipped);
    model->requireTrainedFor(model::modeFromName(m_options.mode));
    Placed result = placed(std::move(model), device);
    result.threads = threads;
    return result;
}

/// The model where it is to compute; on the processor where "auto" took a device that is too small
/// for it.
LocalEngine::Placed LocalEngine::placed(std::shared_ptr<const model::Model> model,
                                        const Device& device) const {
    if (device.cuda < 0)
        return {std::move(model), device};
    try {
        return {model::onCuda(*model, device.cuda), device};
    } catch (const Error& error) {
        if (m_options.device != "auto")
            throw;
        return {std::move(model), Device{-1, "cpu", error.what()}};
    }
}

Device LocalEngine::openedDevice() {
    const std::lock_guard lock(m_deviceMutex);
    if (!m_device)
        m_device = openDevice(m_options.device, m_libraries);
    return *m_device;
}

/// The model, or nothing with a notice that says what is missing: search and evidence work without
/// one.
std::shared_ptr<const model::Model> LocalEngine::modelIfAny(Task::Impl& task) {
    try {
        return loadedModel();
    } catch (const Error& error) {
        if (error.code() != Code::NoModel)
            throw;
        task.emit(Notice{error.what()});
        return nullptr;
    }
}

void LocalEngine::noteTraining(const model::Model& model, const std::string& title, std::int64_t N,
                               Task::Impl& task) const {
    const std::string sentence = model.otherwiseTrained(readingOptions().mode, N);
    if (!sentence.empty())
        task.emit(Notice{"\"" + title + "\": " + sentence});
}

/// A reading whose program was killed is a paused one.
void LocalEngine::settleReadings() {
    try {
        const auto lock = m_library->lockForReading(0);
        for (const store::DocumentRow& row : m_library->documents())
            if (row.state == "reading")
                m_library->setState(row.id, "paused", "");
    } catch (const Error& error) {
        if (error.code() != Code::LibraryBusy) // else it is being read elsewhere, as it says
            throw;
    }
    m_library->setPatience(kPatience);
}

/// A purge whose program was killed must still leave nothing behind.
void LocalEngine::finishPurge() {
    if (m_library->hasTraces())
        m_finishing = m_worker.submit(
            Worker::Kind::Other, [](const Event&) {},
            [this](Task::Impl& task) {
                m_library->clearTraces([&task] { return task.isCancelled(); });
            });
}

ReadingOptions LocalEngine::readingOptions() const {
    ReadingOptions options;
    options.mode = model::modeFromName(m_options.mode);
    options.segmentTokens = m_options.segmentTokens;
    options.snapshotEvery = m_options.snapshotEvery;
    options.dtype = m_options.dtype;
    const std::lock_guard lock(m_modelMutex);
    options.threads = m_placed.threads;
    options.device = m_placed.device.name;
    return options;
}

ModelInfo LocalEngine::model() {
    const Placed placed = placedModel();
    std::string path;
    {
        const std::lock_guard lock(m_modelMutex);
        path = m_options.modelPath;
    }
    return modelInfo(path, placed);
}

ModelInfo LocalEngine::modelInfo(const std::string& path, const Placed& placed) const {
    const model::Model& model = *placed.model;
    const auto& config = model.weights->config;
    ModelInfo info;
    info.path = path;
    info.name = config.name;
    info.family = config.family;
    info.sha256 = model.weights->sha256;
    info.adapter = model.adapter->sha256;
    info.adapterPath = model.adapterPath;
    info.dtype = m_options.dtype;
    info.device = placed.device.name;
    info.deviceReason = placed.device.reason;
    info.kernels = placed.device.cuda < 0 ? std::string("LibTorch, ") + kernels::cpu::best().name
                                          : "LibTorch, CUDA plugin";
    info.threads = placed.threads;
    info.contextTokens = static_cast<int>(config.contextTokens);
    info.memoryBytes = model::Memory::empty(config, *model.adapter).bytes();
    info.isLoaded = true;
    info.libraries = {"LibTorch " + model::torchVersion(), "SQLite " + store::sqliteVersion()};
    return info;
}

Task LocalEngine::exportDocument(const ExportRequest& request, Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink), [this, request](Task::Impl& task) {
        const store::DocumentRow row = rowOf(*m_library, request.document);
        task.emit(Exported{exported(*m_library, row, request)});
    });
}

std::unique_ptr<Engine> Engine::open(const Options& options) {
    if (options.segmentTokens < 64 || options.segmentTokens % 64 != 0)
        throw Error(Code::WrongUse, "The segment is " + std::to_string(options.segmentTokens) +
                                        " tokens; it must be a multiple of 64, for example 1024.");
    requireDeviceName(options.device);
    dtypeFromName(options.dtype);
    model::modeFromName(options.mode);
    auto engine = std::make_unique<LocalEngine>(options);
    if (!options.readOnly) {
        engine->settleReadings();
        engine->finishPurge();
    }
    return engine;
}

} // namespace engine
