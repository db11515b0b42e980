#pragma once
/// Parameters as an adapter file (infini-attention.md, section 5), and back.

#include <map>
#include <string>

#include "engine/adapt/trained_file.h"

namespace engine::adapt {

/// The bytes of the file.
std::string adapterBytes(const Parameters& parameters, const AdapterShape& shape,
                         const model::Weights& weights, const TrainingHistory& history);

/// Parameters to go on from, and their shape. Throws what model::AdapterFile does.
struct ReadAdapter {
    AdapterShape shape;
    Parameters parameters;
    std::map<std::string, std::string> metadata; ///< what the file tells of its training
};
ReadAdapter readAdapter(const std::string& path, const model::Weights& weights);

} // namespace engine::adapt
