#include <algorithm>
#include <chrono>
#include <cmath>

#include <sys/stat.h>

#include "engine/convert.h"
#include "engine/local_engine.h"
#include "engine/store/hash.h"

namespace engine {

namespace {

namespace wire = document::wire;

constexpr std::size_t kMostViews = 2;
/// How long a cancelled picture may still come before the reader that draws it is ended: most take
/// less, and a fresh reader has to open the file again.
constexpr std::chrono::milliseconds kGrace{200};

/// What to draw, after a look at everything that the reader would take for nonsense.
wire::Render drawing(const RenderRequest& request) {
    if (!(request.scale >= wire::kMinScale && request.scale <= wire::kMaxScale))
        throw Error(Code::WrongUse, "A page cannot be drawn at " + std::to_string(request.scale) +
                                        " pixels per point; from 0.01 to 64 are possible.");
    if (request.rotation % 90 != 0 || request.rotation < 0 || request.rotation > 270)
        throw Error(Code::WrongUse, "A page cannot be turned by " +
                                        std::to_string(request.rotation) +
                                        " degrees; use 0, 90, 180 or 270.");
    wire::Render render{request.page, request.scale, request.rotation, std::nullopt};
    if (const auto& part = request.part) {
        const auto isInside = [](int value, int least) {
            return value >= least && value <= wire::kMaxSide;
        };
        if (!isInside(part->x, 0) || !isInside(part->y, 0) || !isInside(part->width, 1) ||
            !isInside(part->height, 1))
            throw Error(Code::WrongUse, "The part to draw is no rectangle on a page.");
        render.part = wire::PixelBox{part->x, part->y, part->width, part->height};
    }
    return render;
}

/// The path at which the very file lies that was read: by size and time, else by its bytes. Nothing
/// when it was cancelled. Throws FileMissing and FileChanged.
std::optional<std::string> pathOf(const store::DocumentRow& row,
                                  const std::vector<store::PathRow>& files,
                                  const Task::Impl& task) {
    const store::PathRow* other = nullptr;
    for (const store::PathRow& file : files) {
        struct stat status {};
        if (::stat(file.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
            continue;
        if (status.st_mtime == file.mtime && status.st_size == file.size)
            return file.path;
        const auto goOn = [&](std::int64_t, std::int64_t) { return !task.isCancelled(); };
        if (status.st_size == row.bytes && store::sha256OfFile(file.path, goOn) == row.sha256)
            return file.path;
        if (task.isCancelled())
            return std::nullopt;
        other = &file;
    }
    if (other != nullptr)
        throw Error(Code::FileChanged, "The file of \"" + row.title + "\" at " + other->path +
                                           " is not the one that was read. Read it again to see "
                                           "its pages; the text that was read is still here.");
    throw Error(Code::FileMissing,
                "The file of \"" + row.title + "\" is not where it was" +
                    (files.empty() ? std::string() : ", at " + files.front().path) +
                    ". Put it back or read it from its place; its text is still here.");
}

} // namespace

Task LocalEngine::render(const RenderRequest& request, Sink sink) {
    return m_viewWorker.submit(Worker::Kind::Other, std::move(sink),
                               [this, request](Task::Impl& task) { runRender(request, task); });
}

Task LocalEngine::links(const LinksRequest& request, Sink sink) {
    return m_viewWorker.submit(Worker::Kind::Other, std::move(sink),
                               [this, request](Task::Impl& task) { runLinks(request, task); });
}

/// The open document, put first; opened when it is not open. Null when that was cancelled.
document::PageRenderer* LocalEngine::view(const store::DocumentRow& row,
                                          const std::vector<store::PathRow>& files,
                                          const std::optional<std::string>& password,
                                          Task::Impl& task) {
    const auto known = std::find_if(m_views.begin(), m_views.end(),
                                    [&](const View& view) { return view.sha256 == row.sha256; });
    if (known != m_views.end()) {
        std::rotate(m_views.begin(), known, std::next(known));
        return m_views.front().renderer.get();
    }
    document::ReaderOptions options;
    options.program = m_options.readerProgram;
    options.password = password;
    const auto path = pathOf(row, files, task);
    auto renderer =
        path ? document::PageRenderer::open(*path, options, [&] { return task.isCancelled(); })
             : nullptr;
    if (!renderer)
        return nullptr;
    if (m_views.size() == kMostViews)
        m_views.pop_back();
    m_views.insert(m_views.begin(), {row.sha256, std::move(renderer)});
    return m_views.front().renderer.get();
}

/// Calls `use` with the open document, unless that was cancelled before.
void LocalEngine::withView(const DocumentId& id, int page,
                           const std::optional<std::string>& password, Task::Impl& task,
                           const std::function<void(document::PageRenderer&)>& use) {
    store::DocumentRow row;
    std::vector<store::PathRow> files;
    {
        const std::lock_guard lock(m_viewMutex);
        row = rowOf(*m_view, id);
        files = m_view->files(row.id);
    }
    if (!hasPictures(row.kind))
        throw Error(Code::WrongUse, "\"" + row.title + "\" has no pages to draw; show its text.");
    requirePage(page, row);
    try {
        document::PageRenderer* renderer = view(row, files, password, task);
        if (renderer == nullptr)
            return;
        if (page > renderer->pages())
            throw Error(Code::FileChanged,
                        "The file of \"" + row.title + "\" has fewer pages than were read.");
        use(*renderer);
    } catch (const Error&) {
        // The next request looks at the file afresh.
        std::erase_if(m_views, [&](const View& view) { return view.sha256 == row.sha256; });
        throw;
    }
}

void LocalEngine::runLinks(const LinksRequest& request, Task::Impl& task) {
    withView(request.document, request.page, request.password, task,
             [&](document::PageRenderer& renderer) {
                 PageLinks answer{request.document, request.page, {}};
                 for (document::RawLink& link : renderer.links(request.page))
                     answer.links.push_back({link.box.x0, link.box.y0, link.box.x1, link.box.y1,
                                             link.page, std::move(link.uri)});
                 task.emit(std::move(answer));
             });
}

void LocalEngine::runRender(const RenderRequest& request, Task::Impl& task) {
    const wire::Render what = drawing(request);
    std::optional<document::DrawnPage> drawn;
    withView(request.document, request.page, request.password, task,
             [&](document::PageRenderer& renderer) {
                 std::optional<std::chrono::steady_clock::time_point> end;
                 drawn = renderer.draw(what, [&] {
                     if (!task.isCancelled())
                         return false;
                     const auto now = std::chrono::steady_clock::now();
                     end = end.value_or(now + kGrace);
                     return now >= *end;
                 });
             });
    if (!drawn || task.isCancelled())
        return;
    PagePicture picture;
    picture.document = request.document;
    picture.page = request.page;
    picture.scale = request.scale;
    picture.rotation = request.rotation;
    picture.part = request.part;
    picture.width = drawn->picture.width;
    picture.height = drawn->picture.height;
    picture.stride = drawn->picture.stride;
    picture.pixels = std::move(drawn->picture.pixels);
    picture.failure = std::move(drawn->failure);
    task.emit(std::move(picture));
}

} // namespace engine
