#pragma once
/// A trained memory adapter as its file holds it: one safetensors file, checked like a model file
/// (infini-attention.md, section 5).
///
/// Letters as in memory.h; L layers, N segment.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/model/memory.h"
#include "engine/model/weights.h"

namespace engine::model {

/// Immutable. All tensors are finite; bf16 values are widened.
struct AdapterFile {
    Adapter adapter; ///< trained; the hash is that of the file's bytes

    std::int64_t rank = 0;  ///< r, 1 to 1,024
    double alpha = 0;       ///< α, above 0
    std::int64_t steps = 0; ///< of training
    std::int64_t seed = 0;
    double perplexityWithMemory = 0, perplexityZeroed = 0; ///< as measured, 1 or more
    std::string baseName, engineVersion, dataSha256, passkey, license;

    /// Throws FileMissing; NotAFile; BadWeights naming file, field or tensor, found and expected:
    /// whatever readSafetensors refuses; a field missing or out of range; an adapter of another
    /// base than `weights`; tensors unknown, missing, of another shape or type, not finite.
    static std::shared_ptr<const AdapterFile> load(const std::string& path, const Weights& weights);
    /// Whether the file names these weights as its base. Throws FileMissing, NotAFile, BadWeights
    /// as readSafetensors does.
    static bool isFor(const std::string& path, const Weights& weights);
    /// `load` on bytes in memory.
    static std::shared_ptr<const AdapterFile> parse(std::string_view bytes, const std::string& path,
                                                    const Weights& weights);
};

} // namespace engine::model
