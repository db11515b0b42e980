#pragma once
/// A GGUF file behind a read-only mapping, checked at the door: after `open` every name, shape and range can be trusted.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine::model {

enum class GgufType : std::uint32_t { F32 = 0, F16 = 1, Q4_0 = 2, Q4_1 = 3, Q5_0 = 6, Q5_1 = 7, Q8_0 = 8, Q4_K = 12, Q5_K = 13, Q6_K = 14, BF16 = 30 };

struct GgufTensor {
    std::string name;
    GgufType type = GgufType::F32;
    std::vector<std::int64_t> shape; ///< rows first: (out, in) for a matrix, the reverse of the file's order
    const std::uint8_t* data = nullptr;
    std::size_t bytes = 0;
};

class Gguf {
public:
    /// All checks of engine.md, section 2. Throws BadWeights naming file, tensor, found and expected; FileMissing.
    static std::shared_ptr<const Gguf> open(const std::string& path);
    /// The same checks on bytes in memory that outlive the result (tests, fuzzing).
    static std::shared_ptr<const Gguf> parse(std::string_view bytes, const std::string& name);
    virtual ~Gguf() = default;

    [[nodiscard]] virtual const std::string& path() const = 0;
    [[nodiscard]] virtual std::optional<std::int64_t> integer(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<double> real(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<std::string_view> string(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<bool> boolean(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<std::vector<std::string_view>> strings(std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<std::vector<std::int64_t>> integers(std::string_view key) const = 0;
    [[nodiscard]] virtual const std::vector<GgufTensor>& tensors() const = 0;
    [[nodiscard]] virtual const GgufTensor* find(std::string_view name) const = 0;
};

} // namespace engine::model
