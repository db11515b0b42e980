#pragma once
/// The immutable weights of a model, unpacked once and shared. q and k rows are in rotate-half
/// order whatever the file has.

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/model/config.h"

namespace engine::model {

class ModelFile;

enum class Dtype { BFloat16, Float32 };

struct LayerWeights {
    at::Tensor attentionNorm;      ///< (E) fp32
    at::Tensor qkv;                ///< ((H + 2G)·d, E): q rows, then k, then v; rotate-half order
    at::Tensor qkvBias;            ///< ((H + 2G)·d) fp32, undefined without biases
    at::Tensor queryNorm, keyNorm; ///< (d) fp32, one for all heads; undefined but in qwen3
    at::Tensor output;             ///< (E, H·d)
    at::Tensor feedForwardNorm;    ///< (E) fp32
    at::Tensor gateUp;             ///< (2·F, E): gate rows, then up
    at::Tensor down;               ///< (E, F)
};

struct Weights {
    Config config;
    Dtype dtype = Dtype::BFloat16;
    at::Tensor embedding;       ///< (V, E)
    at::Tensor outputNorm;      ///< (E) fp32
    at::Tensor head;            ///< (V, E); the same tensor as embedding when tied
    at::Tensor ropeFrequencies; ///< (d/2) fp32: inverse frequencies, divisors and scale applied
    std::vector<LayerWeights> layers;
    std::string sha256; ///< of the weights as used: canonical config and every tensor in name order
                        ///< as unpacked bf16

    /// Unpacks a checked file. Each value is computed in fp32 from its block and rounded once to
    /// bf16; Dtype::Float32 keeps the fp32 value. Throws BadWeights.
    static std::shared_ptr<const Weights> load(const ModelFile& file, Dtype dtype);
};

} // namespace engine::model
