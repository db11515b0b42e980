#pragma once
/// The sizes of a transformer of the llama family, as its file states them.

#include <cstdint>
#include <string>

namespace engine::model {

class ModelFile;

struct Config {
    std::string family; ///< "llama", "qwen2" or "qwen3"
    std::string name;
    std::int64_t layers = 0;    ///< L
    std::int64_t width = 0;     ///< E, hidden width
    std::int64_t heads = 0;     ///< H, query heads
    std::int64_t kvHeads = 0;   ///< G
    std::int64_t headWidth = 0; ///< d
    std::int64_t feedForward = 0;
    std::int64_t vocabulary = 0;
    std::int64_t contextTokens = 0;
    float normEpsilon = 1e-5f;
    float ropeBase = 10000.0f;
    float ropeScale = 1.0f;  ///< what positions are divided by
    bool hasQkvBias = false; ///< qwen2
    bool hasQkNorm = false;  ///< qwen3: RMS norm of each query and key head before RoPE
    bool isTied = false;     ///< output head = token embedding
};

/// Reads the sizes from the file's keys and checks their ranges. Throws BadWeights: unknown family
/// or rope scaling, a missing key, a size out of range, heads that do not divide.
Config readConfig(const ModelFile& file);

} // namespace engine::model
