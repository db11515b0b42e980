#pragma once
/// Trained recurrent prompts (prompt.h) as their file holds them: one safetensors file, checked
/// like an adapter's.
///
/// Tensors in fp32: `vectors` (p, E), `output_norm` (E); in fp32 or bf16: `q_down`, `k_down`,
/// `v_down` (L, r, E), `q_up` (L, H·d, r), `k_up`, `v_up` (L, G·d, r). Metadata:
/// `format=infolio-prompt`, `version`, `method` (rmt or autocompressor), `base_sha256`,
/// `base_name`, L, E, H, G, d, p, `rank`, `alpha`, `segment`, `engine`, `data_sha256`, `steps`,
/// `seed`, `ppl_memory`, `ppl_zeroed`, `passkey` (measured results), `license`, and optionally
/// `texts`.
///
/// Letters as in prompt.h; N segment.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/model/prompt.h"
#include "engine/model/weights.h"

namespace engine::model {

/// Immutable. All tensors are finite; bf16 values are widened.
struct PromptFile {
    Prompt prompt; ///< the hash is that of the file's bytes

    std::int64_t rank = 0;          ///< r, 1 to 1,024
    double alpha = 0;               ///< α, above 0
    std::int64_t segmentTokens = 0; ///< N, a multiple of 64 up to the model's context
    std::int64_t steps = 0;         ///< of training
    std::int64_t seed = 0;
    double perplexityWithMemory = 0, perplexityZeroed = 0; ///< as measured, 1 or more
    std::string baseName, engineVersion, dataSha256, passkey, license;

    /// Throws FileMissing; NotAFile; BadWeights naming file, field or tensor, found and expected:
    /// whatever readSafetensors refuses; a field missing or out of range, p above 1,024 or more
    /// than fits twice beside a segment; a prompt of another base than `weights`; tensors unknown,
    /// missing, of another shape or type, not finite.
    static std::shared_ptr<const PromptFile> load(const std::string& path, const Weights& weights);
    /// `load` on bytes in memory.
    static std::shared_ptr<const PromptFile> parse(std::string_view bytes, const std::string& path,
                                                   const Weights& weights);
    /// Whether the file says that it is of this kind. Throws FileMissing, NotAFile, BadWeights as
    /// readSafetensors does.
    static bool isOne(const std::string& path);
};

} // namespace engine::model
