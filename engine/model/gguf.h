#pragma once
/// A GGUF file behind a read-only mapping, checked at the door: after `open` every name, type and
/// range can be trusted. Whether the tensors make a model is for readConfig and Weights to check.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine::model {

enum class GgufType : std::uint32_t {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    BF16 = 30
};

struct GgufTensor {
    std::string name;
    GgufType type = GgufType::F32;
    /// Rows first: (out, in) for a matrix, the reverse of the file's order.
    std::vector<std::int64_t> shape;
    const std::uint8_t* data = nullptr; ///< lives as long as the Gguf; any alignment
    std::size_t bytes = 0;
};

/// Immutable and safe to share between threads. Views of strings live as long as the object.
class Gguf {
public:
    /// Maps the file, which must not change while the object lives. Throws BadWeights naming file,
    /// key or tensor, found and expected; FileMissing; NotAFile for a directory, FIFO or device.
    static std::shared_ptr<const Gguf> open(const std::string& path);
    /// The same checks on bytes in memory that outlive the result (tests, fuzzing).
    static std::shared_ptr<const Gguf> parse(std::string_view bytes, const std::string& name);
    virtual ~Gguf() = default;

    [[nodiscard]] virtual const std::string& path() const = 0;

    /// Each gives nothing when the key is absent, and throws BadWeights when it is of another kind.
    [[nodiscard]] virtual std::optional<std::int64_t> integer(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<double> real(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<std::string_view> string(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<bool> boolean(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<std::vector<std::string_view>>
    strings(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<std::vector<std::int64_t>>
    integers(std::string_view key) const = 0;

    /// In the file's order.
    [[nodiscard]] virtual const std::vector<GgufTensor>& tensors() const = 0;
    /// nullptr when there is none.
    [[nodiscard]] virtual const GgufTensor* find(std::string_view name) const = 0;
};

} // namespace engine::model
