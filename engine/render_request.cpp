#include "engine/local_engine.h"

namespace engine {

Task LocalEngine::render(const RenderRequest& request, Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink), [request](Task::Impl& task) {
        PagePicture picture;
        picture.document = request.document;
        picture.page = request.page;
        picture.scale = request.scale;
        picture.rotation = request.rotation;
        picture.part = request.part;
        picture.failure = "this version draws no pages";
        task.emit(picture);
    });
}

} // namespace engine
