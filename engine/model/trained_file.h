#pragma once
/// What files of trained values have in common: safetensors with texts in their metadata, checked
/// field by field and tensor by tensor (infini-attention.md, section 5).

#include <ATen/core/Tensor.h>

#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/bad_weights.h"
#include "engine/model/safetensors.h"
#include "engine/model/weights.h"

namespace engine::model {

/// Reads within `bytes`, which outlive it, as do `path` and `weights`. Everything throws BadWeights
/// naming file, field or tensor, found and expected.
class TrainedFile {
public:
    TrainedFile(std::string_view bytes, const std::string& path, const Weights& weights);

    [[noreturn]] void refuse(const std::string& what, const std::string& found,
                             const std::string& expected) const;

    /// The field of that name, whatever it says.
    [[nodiscard]] const std::string& field(const std::string& name) const;
    /// The field says nothing but `expected`.
    void demand(const std::string& name, const std::string& expected) const;
    template <typename T> [[nodiscard]] T number(const std::string& name, T least, T most) const;
    /// 1 to 4,096 bytes.
    [[nodiscard]] std::string text(const std::string& name) const;
    /// 64 hexadecimal digits.
    [[nodiscard]] std::string hash(const std::string& name) const;
    /// SHA-256 of the texts of a training, of the optional field texts: between spaces, in the
    /// order and a line each of what data_sha256 covers. Without the field: empty.
    [[nodiscard]] std::vector<std::string> texts() const;
    /// The fields format and version are these, base_sha256 is that of the weights.
    /// Returns base_name.
    std::string readKind(const std::string& format, const std::string& version) const;
    /// The fields L, E, H, G and d are those of the weights.
    void demandSizes() const;
    /// N, a multiple of 64 up to the model's context.
    [[nodiscard]] std::int64_t segment() const;

    [[nodiscard]] bool has(const std::string& tensor) const;
    /// An fp32 tensor, all of it finite; a bf16 one is widened where it may be. Each is taken once.
    at::Tensor take(const std::string& name, const std::vector<std::int64_t>& shape,
                    bool mayBeBfloat16);
    /// Refuses tensors that were not taken. `kind` is what the file is, as "an adapter".
    void requireNoMore(const std::string& kind) const;

private:
    const std::string& m_path;
    const Weights& m_weights;
    const Safetensors m_stored;
    std::map<std::string, const FileTensor*> m_left; ///< tensors that were not taken yet
};

template <typename T> T TrainedFile::number(const std::string& name, T least, T most) const {
    const std::string& text = field(name);
    T value{};
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    // Written so that a NaN is refused.
    if (error != std::errc() || stopped != end || !(value >= least && value <= most)) {
        refuse("field " + name, "\"" + shown(text) + "\"",
               "a number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    return value;
}

} // namespace engine::model
