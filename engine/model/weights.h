#pragma once
/// The immutable weights of a model, unpacked once and shared. q and k rows are in rotate-half
/// order whatever the file has.

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/kernels/ops_matrix.h"
#include "engine/model/config.h"

namespace engine::model {

class ModelFile;

/// Of the matrices. Int8: groups of 32 along a row; activations are bf16 then.
enum class Dtype { BFloat16, Float32, Int8 };

struct LayerWeights {
    at::Tensor attentionNorm;      ///< (E) fp32
    kernels::Matrix qkv;           ///< ((H + 2G)·d, E): q rows, then k, then v; rotate-half order
    at::Tensor qkvBias;            ///< ((H + 2G)·d) fp32, undefined without biases
    at::Tensor queryNorm, keyNorm; ///< (d) fp32, one for all heads; undefined but in qwen3
    kernels::Matrix output;        ///< (E, H·d)
    at::Tensor feedForwardNorm;    ///< (E) fp32
    kernels::Matrix gateUp;        ///< (2·F, E): gate rows, then up
    kernels::Matrix down;          ///< (E, F)
};

struct Weights {
    Config config;
    Dtype dtype = Dtype::BFloat16;
    kernels::Matrix embedding;  ///< (V, E)
    at::Tensor outputNorm;      ///< (E) fp32
    kernels::Matrix head;       ///< (V, E); the same tensors as embedding when tied
    at::Tensor ropeFrequencies; ///< (d/2) fp32: inverse frequencies, divisors and scale applied
    std::vector<LayerWeights> layers;
    std::string sha256; ///< of the weights as used: canonical config and every tensor in name order
                        ///< as unpacked bf16, which of int8 is what reading computes with

    /// Unpacks a checked file. Each value is computed in fp32 from its block and rounded once to
    /// bf16; Dtype::Float32 keeps the fp32 value. Dtype::Int8 keeps the values of Q4_0, Q4_1, Q5_0,
    /// Q5_1 and Q8_0 exactly, so that reading and hash are those of bf16; matrices of other types
    /// are rounded (quantize.h) and become other weights. Throws BadWeights; with Int8 also for
    /// rows that are no multiple of 32 and values beyond fp16 scales.
    static std::shared_ptr<const Weights> load(const ModelFile& file, Dtype dtype);

    /// Of all tensors, those of a tied head once.
    [[nodiscard]] std::int64_t bytes() const;
};

} // namespace engine::model
