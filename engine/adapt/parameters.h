#pragma once
/// What a training changes: the tensors of an adapter (infini-attention.md, section 5), each with
/// its learning rate.
///
/// Letters: l memory layers, E width, H query heads, G KV heads, d head width, f features, r rank.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/config.h"

namespace engine::adapt {

/// Sizes that the model does not give.
struct AdapterShape {
    std::int64_t firstLayer = 0, lastLayer = -1; ///< inclusive, counted from 0
    std::int64_t features = 0;                   ///< f
    std::int64_t rank = 16;
    double alpha = 32;
    double epsilon = 1e-10; ///< least φ(q)·z that a read divides by

    [[nodiscard]] std::int64_t layers() const { return lastLayer - firstLayer + 1; }

    /// The layers between 50 % and 83 % of the depth, f = 2d.
    static AdapterShape usual(const model::Config& config);
};

struct Parameter {
    std::string name; ///< as in the adapter file
    at::Tensor values;
    double rate = 0; ///< learning rate
};

/// One layer's part of every parameter; differentiable views.
struct LayerParameters {
    at::Tensor beta, betaPosition;   ///< (H)
    at::Tensor queryFeature;         ///< (H, f, d)
    at::Tensor queryBias;            ///< (H, f)
    at::Tensor keyFeature;           ///< (G, f, d)
    at::Tensor keyBias;              ///< (G, f)
    at::Tensor writeU;               ///< (G, E)
    at::Tensor writeC;               ///< (G)
    at::Tensor queryDown, queryUp;   ///< (r, E), (H·d, r)
    at::Tensor keyDown, keyUp;       ///< (r, E), (G·d, r)
    at::Tensor valueDown, valueUp;   ///< (r, E), (G·d, r)
    at::Tensor outputDown, outputUp; ///< (r, H·d), (E, r), on g·A_mem
};

/// Leaves of the graph. Copies share the tensors.
class Parameters {
public:
    /// The start of section 10: g = sigmoid(−2), features [I; −I], write gate ½, no additions. fp32
    /// unless a test wants double; on the processor, so that a seed's values are the same anywhere.
    static Parameters fresh(const model::Config& config, const AdapterShape& shape,
                            std::uint64_t seed, at::ScalarType type = at::kFloat);

    /// Everything, in a fixed order.
    std::vector<Parameter> all;

    [[nodiscard]] const at::Tensor& operator[](const std::string& name) const;
    /// The differentiable views of each memory layer, for one graph.
    [[nodiscard]] std::vector<LayerParameters> layers() const;
    /// Only the gates (β and its slope over the position) are to be trained; the others keep their
    /// values.
    void keepOnlyGates();
    /// These, with values of their own on that device.
    [[nodiscard]] Parameters on(at::Device device) const;
    /// Forgets the gradients.
    void clearGradients();
    /// Euclidean norm of all gradients together.
    [[nodiscard]] double gradientNorm() const;
    [[nodiscard]] std::int64_t count() const; ///< values that are to be trained
};

} // namespace engine::adapt
