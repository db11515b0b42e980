#include "engine/adapt/adapt.h"
#include "engine/local_engine.h"
#include "engine/model/device_memory.h"

namespace engine {

Task LocalEngine::adapt(const AdaptRequest& request, Sink sink) {
    return m_worker.submit(Worker::Kind::Other, std::move(sink),
                           [this, request](Task::Impl& task) { runAdapt(request, task); });
}

/// The model is loaded anew: training wants bf16, whatever answers use.
void LocalEngine::runAdapt(const AdaptRequest& request, Task::Impl& task) {
    if (m_options.modelPath.empty())
        throw Error(Code::NoModel, "Training needs a model, and none was found. Run "
                                   "installer/setup.sh, or name one with --model FILE.gguf.");
    const Device device = openedDevice();
    model::setThreads(m_options.threads);
    const auto model =
        placed(model::Model::load(m_options.modelPath, "", model::Dtype::BFloat16), device).model;
    adapt::Options options;
    options.texts = request.texts;
    options.output = request.output;
    options.method = request.method;
    options.layers = request.layers;
    options.minutes = request.minutes;
    options.steps = request.steps;
    options.target = request.target;
    options.seed = request.seed;
    options.gatesOnly = request.gatesOnly;
    options.from = request.from;
    options.resume = request.resume;
    options.force = request.force;
    options.refused = request.refused;
    options.klWeight = request.klWeight;
    options.checkpointMinutes = request.checkpointMinutes;
    options.engineVersion = INFOLIO_VERSION " (" INFOLIO_COMMIT ")";
    model::withinDeviceMemory(
        *model,
        [&] {
            adapt::adapt(
                model->weights, *model->tokenizer, options,
                [&](const adapt::Report& report) {
                    task.emit(Training{report.line, report.isResult, report.step, report.progress,
                                       report.etaSeconds});
                },
                [&] { return task.isCancelled(); });
        },
        "or choose the device cpu; where a checkpoint was written, --resume goes on from it");
}

} // namespace engine
