#pragma once
/// What the tests of training share: models in double, parameters with random values, texts.

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "engine/adapt/student.h"
#include "engine/model/model_file.h"
#include "engine/random.h"
#include "tests/support/tiny_model.h"
#include "tests/unit/kernels/tensors.h"
#include "tests/unit/model/hand_model.h"

namespace tests {

/// The hand model's weights with every value in double.
inline std::shared_ptr<engine::model::Weights> doubleWeights(std::uint64_t seed,
                                                             const HandShape& shape) {
    using namespace engine::model;
    auto weights = std::make_shared<Weights>(*handModel(seed, Dtype::Float32, shape)->weights);
    const auto widen = [](at::Tensor& tensor) {
        if (tensor.defined()) {
            tensor = tensor.to(at::kDouble);
        }
    };
    for (at::Tensor* tensor : {&weights->embedding.values, &weights->outputNorm,
                               &weights->head.values, &weights->ropeFrequencies}) {
        widen(*tensor);
    }
    for (LayerWeights& layer : weights->layers) {
        for (at::Tensor* tensor :
             {&layer.attentionNorm, &layer.qkv.values, &layer.qkvBias, &layer.queryNorm,
              &layer.keyNorm, &layer.output.values, &layer.feedForwardNorm, &layer.gateUp.values,
              &layer.down.values}) {
            widen(*tensor);
        }
    }
    return weights;
}

/// Moves every value, so that none hides something.
inline engine::adapt::Parameters moved(engine::adapt::Parameters parameters) {
    const c10::NoGradGuard none;
    std::uint64_t seed = 11;
    for (const engine::adapt::Parameter& parameter : parameters.all) {
        const at::Tensor& values = parameter.values;
        values.add_(random(seed++, values.sizes().vec(), values.scalar_type(), 0.3));
    }
    return parameters;
}

inline engine::adapt::Parameters randomParameters(const engine::model::Config& config,
                                                  const engine::adapt::AdapterShape& shape,
                                                  at::ScalarType type) {
    return moved(engine::adapt::Parameters::fresh(config, shape, 5, type));
}

inline engine::adapt::AdapterShape smallShape(std::int64_t first, std::int64_t last) {
    engine::adapt::AdapterShape shape;
    shape.firstLayer = first;
    shape.lastLayer = last;
    shape.features = 16;
    shape.rank = 3;
    shape.alpha = 6;
    return shape;
}

/// A folder that disappears with the object.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "adapt-XXXXXX").string();
        m_path = mkdtemp(name.data());
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return (m_path / name).string();
    }

private:
    std::filesystem::path m_path;
};

inline std::string writeText(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

inline std::string bytesOf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Words without sense, at least `bytes` long.
inline std::string babble(std::uint64_t seed, std::size_t bytes) {
    static const char* const words[] = {"the",  "house", "of",   "a",    "king", "went", "over",
                                        "grey", "hill",  "and",  "said", "no",   "more", "to",
                                        "her",  "night", "came", "with", "rain", "old"};
    engine::Random random(seed);
    std::string text;
    while (text.size() < bytes) {
        text += words[random.below(20)];
        text += random.chance(0.1) ? ". " : " ";
    }
    return text;
}

} // namespace tests
