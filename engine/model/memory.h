#pragma once
/// The compressive memory of Infini-attention and what decides how it is read and written.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/config.h"

namespace engine::model {

enum class Mode { InfiniLinear, Local };

/// "infini-linear" or "local". Throws WrongUse for another name.
Mode modeFromName(const std::string& name);
std::string nameOf(Mode mode);

/// Which layers have memory, and their gates. Without a trained adapter: g = 0.06 in the layers
/// between 50 % and 83 % of the depth, identity features, no deltas. Immutable.
struct Adapter {
    std::int64_t firstLayer = 0, lastLayer = -1; ///< inclusive, counted from 0
    std::int64_t features = 0;                   ///< f; d without a trained adapter
    at::Tensor beta;                             ///< (layers, H) fp32, g = sigmoid(β)
    double epsilon = 1e-10;
    std::string sha256 = "none";

    static std::shared_ptr<const Adapter> untrained(const Config& config, double gate = 0.06);
    [[nodiscard]] std::int64_t layers() const { return lastLayer - firstLayer + 1; }
};

/// M, z and n of every memory layer. Value semantics are explicit: `clone` copies.
struct Memory {
    std::vector<at::Tensor> M; ///< per memory layer (B, G, f, d) fp32
    std::vector<at::Tensor> z; ///< per memory layer (B, G, f) fp32
    std::int64_t tokens = 0;   ///< n, tokens written so far

    static Memory empty(const Config& config, const Adapter& adapter, std::int64_t batch = 1);
    [[nodiscard]] Memory clone() const;
    [[nodiscard]] std::int64_t bytes() const; ///< 4·layers·G·f·(d + 1) for B = 1
};

} // namespace engine::model
