#pragma once
/// A model as it lies on disk, in either container: a GGUF file, or safetensors beside config.json
/// and tokenizer.json. Both speak GGUF's names, so what is built from a model knows one language.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine::model {

/// GGML's type codes.
enum class TensorType : std::uint32_t {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    BF16 = 30
};

struct FileTensor {
    std::string name; ///< GGUF's
    TensorType type = TensorType::F32;
    /// Rows first: (out, in) for a matrix.
    std::vector<std::int64_t> shape;
    const std::uint8_t* data = nullptr; ///< lives as long as the file; any alignment
    std::size_t bytes = 0;
};

/// Checked at the door: names, types and ranges can be trusted. Whether the tensors make a model is
/// for readConfig and Weights to check. Immutable and safe to share between threads. Views of
/// strings live as long as the object.
class ModelFile {
public:
    /// `path` names a GGUF file, a .safetensors file or a folder with model.safetensors or
    /// model.safetensors.index.json. The files must not change while the object lives. Throws
    /// BadWeights naming file, key or tensor, found and expected; FileMissing; NotAFile.
    static std::shared_ptr<const ModelFile> open(const std::string& path);
    virtual ~ModelFile() = default;

    [[nodiscard]] virtual const std::string& path() const = 0;

    /// Each gives nothing when the key is absent, and throws BadWeights when it is of another kind.
    [[nodiscard]] virtual std::optional<std::int64_t> integer(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<bool> boolean(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<double> real(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<std::string_view> string(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<std::vector<std::string_view>>
    strings(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<std::vector<std::int64_t>>
    integers(std::string_view key) const = 0;

    /// In the file's order.
    [[nodiscard]] virtual const std::vector<FileTensor>& tensors() const = 0;
    /// nullptr when there is none.
    [[nodiscard]] virtual const FileTensor* find(std::string_view name) const = 0;
    /// Whether the q and k rows of a llama are stored for interleaved rotation.
    [[nodiscard]] virtual bool hasInterleavedRows() const = 0;

    /// What the file itself calls a key or a tensor of GGUF's name, for messages.
    [[nodiscard]] virtual std::string keyWords(std::string_view key) const = 0;
    [[nodiscard]] virtual std::string tensorWords(std::string_view name) const = 0;
};

} // namespace engine::model
