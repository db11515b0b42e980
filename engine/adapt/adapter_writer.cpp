#include "engine/adapt/adapter_writer.h"

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include <cstdio>
#include <map>

#include "engine/adapt/tensor_file.h"
#include "engine/model/adapter_file.h"
#include "engine/model/mapped_file.h"
#include "engine/model/safetensors.h"

namespace engine::adapt {

namespace {

std::string number(double value) {
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.9g", value);
    return buffer;
}

} // namespace

std::string adapterBytes(const Parameters& parameters, const AdapterShape& shape,
                         const model::Weights& weights, const TrainingHistory& history) {
    const model::Config& config = weights.config;
    std::map<std::string, std::string> metadata = {
        {"format", "infolio-adapter"},
        {"version", "1"},
        {"base_sha256", weights.sha256},
        {"base_name", config.name.empty() ? "unnamed" : config.name},
        {"L", std::to_string(config.layers)},
        {"E", std::to_string(config.width)},
        {"H", std::to_string(config.heads)},
        {"G", std::to_string(config.kvHeads)},
        {"d", std::to_string(config.headWidth)},
        {"f", std::to_string(shape.features)},
        {"layers", std::to_string(shape.firstLayer) + "-" + std::to_string(shape.lastLayer)},
        {"rule", "linear"},
        {"feature_map", "elu1"},
        {"segment", std::to_string(history.segmentTokens)},
        {"eps", number(shape.epsilon)},
        {"rank", std::to_string(shape.rank)},
        {"alpha", number(shape.alpha)},
        {"engine", history.engineVersion},
        {"data_sha256", history.dataSha256},
        {"steps", std::to_string(history.steps)},
        {"seed", std::to_string(history.seed)},
        {"ppl_memory", number(history.perplexityWithMemory)},
        {"ppl_zeroed", number(history.perplexityZeroed)},
        {"passkey", history.passkey},
        {"license", "Apache-2.0"},
    };
    if (!history.texts.empty()) {
        std::string& texts = metadata["texts"];
        for (const std::string& hash : history.texts) {
            texts += (texts.empty() ? "" : " ") + hash;
        }
    }
    NamedTensors tensors;
    for (const Parameter& parameter : parameters.all) {
        tensors.emplace_back(parameter.name, parameter.values);
    }
    return safetensorsBytes(metadata, tensors);
}

ReadAdapter readAdapter(const std::string& path, const model::Weights& weights) {
    const auto file = model::MappedFile::open(path);
    // Checked as any adapter is; what is trained is then taken from the same bytes.
    model::AdapterFile::parse(file->bytes(), path, weights);
    const model::Safetensors stored = model::readSafetensors(file->bytes(), path);
    ReadAdapter result;
    AdapterShape& shape = result.shape;
    const std::string& layers = stored.metadata.at("layers");
    shape.firstLayer = std::stoll(layers);
    shape.lastLayer = std::stoll(layers.substr(layers.find('-') + 1));
    shape.features = std::stoll(stored.metadata.at("f"));
    shape.rank = std::stoll(stored.metadata.at("rank"));
    shape.alpha = std::stod(stored.metadata.at("alpha"));
    shape.epsilon = std::stod(stored.metadata.at("eps"));
    result.parameters = Parameters::fresh(weights.config, shape, 0);
    const c10::NoGradGuard none;
    for (const model::FileTensor& tensor : stored.tensors) {
        for (const Parameter& parameter : result.parameters.all) {
            if (parameter.name == tensor.name) {
                parameter.values.copy_(tensorOf(tensor));
            }
        }
    }
    return result;
}

} // namespace engine::adapt
