#include "engine/adapt/trained_file.h"

#include "engine/adapt/shown.h"
#include "engine/adapt/tensor_file.h"

namespace engine::adapt {

std::string fieldNumber(double value) {
    return shown(value, "%.9g");
}

std::string trainedFileBytes(const std::map<std::string, std::string>& own,
                             const Parameters& parameters, const model::Weights& weights,
                             const TrainingHistory& history) {
    const model::Config& config = weights.config;
    std::map<std::string, std::string> metadata = {
        {"base_sha256", weights.sha256},
        {"base_name", config.name.empty() ? "unnamed" : config.name},
        {"L", std::to_string(config.layers)},
        {"E", std::to_string(config.width)},
        {"H", std::to_string(config.heads)},
        {"G", std::to_string(config.kvHeads)},
        {"d", std::to_string(config.headWidth)},
        {"segment", std::to_string(history.segmentTokens)},
        {"engine", history.engineVersion},
        {"data_sha256", history.dataSha256},
        {"steps", std::to_string(history.steps)},
        {"seed", std::to_string(history.seed)},
        {"ppl_memory", fieldNumber(history.perplexityWithMemory)},
        {"ppl_zeroed", fieldNumber(history.perplexityZeroed)},
        {"passkey", history.passkey},
        {"command", history.command},
        {"seconds", shown(history.seconds, "%.0f")},
        {"license", "not stated"}, // the texts' and the model's owners have a say in it
    };
    metadata.insert(own.begin(), own.end());
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

} // namespace engine::adapt
