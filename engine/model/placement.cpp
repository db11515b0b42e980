#include "engine/model/placement.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include "engine/error.h"

namespace engine::model {

namespace {

std::shared_ptr<const Weights> placed(const Weights& weights, const at::Device& device) {
    auto there = std::make_shared<Weights>(weights);
    const auto place = [&](at::Tensor& tensor) {
        if (tensor.defined())
            tensor = tensor.to(device);
    };
    place(there->embedding);
    place(there->outputNorm);
    if (weights.head.is_same(weights.embedding))
        there->head = there->embedding;
    else
        place(there->head);
    // The frequencies stay: angles are computed on the processor, in double.
    for (LayerWeights& layer : there->layers)
        for (at::Tensor* tensor :
             {&layer.attentionNorm, &layer.qkv, &layer.qkvBias, &layer.queryNorm, &layer.keyNorm,
              &layer.output, &layer.feedForwardNorm, &layer.gateUp, &layer.down})
            place(*tensor);
    return there;
}

} // namespace

std::shared_ptr<const Model> onCuda(const Model& model, int number) {
    const c10::InferenceMode inference;
    const at::Device device(at::kCUDA, static_cast<at::DeviceIndex>(number));
    try {
        auto there = std::make_shared<Model>(model);
        there->weights = placed(*model.weights, device);
        auto adapter = std::make_shared<Adapter>(*model.adapter);
        adapter->beta = adapter->beta.to(device);
        there->adapter = adapter;
        return there;
    } catch (const c10::OutOfMemoryError&) {
        throw Error(Code::NoMemory, "the memory of the device cuda:" + std::to_string(number) +
                                        " has no room for the weights; use a smaller model, or "
                                        "the device cpu");
    }
}

} // namespace engine::model
