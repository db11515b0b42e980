#include "engine/model/placement.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include "engine/error.h"

namespace engine::model {

namespace {

void place(at::Tensor& tensor, const at::Device& device) {
    if (tensor.defined())
        tensor = tensor.to(device);
}

std::shared_ptr<const Weights> placed(const Weights& weights, const at::Device& device) {
    auto there = std::make_shared<Weights>(weights);
    const auto placeMatrix = [&](kernels::Matrix& matrix) {
        matrix = {kernels::widened(matrix).to(device)};
    };
    if (weights.dtype == Dtype::Int8)
        there->dtype = Dtype::BFloat16;
    placeMatrix(there->embedding);
    place(there->outputNorm, device);
    if (weights.head.values.is_same(weights.embedding.values))
        there->head = there->embedding;
    else
        placeMatrix(there->head);
    // The frequencies stay: angles are computed on the processor, in double.
    for (LayerWeights& layer : there->layers) {
        for (at::Tensor* tensor : {&layer.attentionNorm, &layer.qkvBias, &layer.queryNorm,
                                   &layer.keyNorm, &layer.feedForwardNorm})
            place(*tensor, device);
        for (kernels::Matrix* matrix : {&layer.qkv, &layer.output, &layer.gateUp, &layer.down})
            placeMatrix(*matrix);
    }
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
        for (at::Tensor* tensor :
             {&adapter->beta, &adapter->betaPosition, &adapter->queryFeature, &adapter->queryBias,
              &adapter->keyFeature, &adapter->keyBias, &adapter->writeU, &adapter->writeC})
            place(*tensor, device);
        for (LowRank* delta : {&adapter->query, &adapter->key, &adapter->value, &adapter->output}) {
            place(delta->down, device);
            place(delta->up, device);
        }
        there->adapter = adapter;
        if (model.prompt) {
            auto prompt = std::make_shared<Prompt>(*model.prompt);
            place(prompt->vectors, device);
            place(prompt->outputNorm, device);
            for (LowRank* delta : {&prompt->query, &prompt->key, &prompt->value}) {
                place(delta->down, device);
                place(delta->up, device);
            }
            there->prompt = prompt;
        }
        return there;
    } catch (const c10::OutOfMemoryError&) {
        throw Error(Code::NoMemory, "the memory of the device cuda:" + std::to_string(number) +
                                        " has no room for the weights; use a smaller model, or "
                                        "the device cpu");
    }
}

} // namespace engine::model
