#include "engine/adapt/adapter_writer.h"

#include <c10/core/GradMode.h>

#include "engine/adapt/tensor_file.h"
#include "engine/model/adapter_file.h"
#include "engine/model/mapped_file.h"
#include "engine/model/safetensors.h"

namespace engine::adapt {

std::string adapterBytes(const Parameters& parameters, const AdapterShape& shape,
                         const model::Weights& weights, const TrainingHistory& history) {
    return trainedFileBytes(
        {{"format", "infolio-adapter"},
         {"version", "1"},
         {"f", std::to_string(shape.features)},
         {"layers", std::to_string(shape.firstLayer) + "-" + std::to_string(shape.lastLayer)},
         {"rule", "linear"},
         {"feature_map", "elu1"},
         {"eps", fieldNumber(shape.epsilon)},
         {"rank", std::to_string(shape.rank)},
         {"alpha", fieldNumber(shape.alpha)}},
        parameters, weights, history);
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
    result.metadata = stored.metadata;
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
