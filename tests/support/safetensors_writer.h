#pragma once
/// Writes safetensors files byte by byte, sound ones and, by setting a field wrongly, broken ones.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tests {

/// One file as it will be written. Every field may be changed before `bytes` is called.
struct SafetensorsFile {
    struct Tensor {
        std::string name;
        std::string dtype = "F32";
        std::vector<std::int64_t> shape;
        std::string data;
        /// unset: behind the tensor before
        std::optional<std::pair<std::uint64_t, std::uint64_t>> range;
    };

    std::vector<std::pair<std::string, std::string>> metadata;
    std::vector<Tensor> tensors;
    std::optional<std::string> header;         ///< unset: what describes the tensors
    std::optional<std::uint64_t> headerLength; ///< unset: the header's

    /// Adds a tensor of fp32 values; `shape` has rows first.
    void add(const std::string& name, const std::vector<std::int64_t>& shape,
             const std::vector<float>& values);
    /// The tensor of that name; the test fails with an exception when there is none.
    Tensor& tensor(const std::string& name);
    void erase(const std::string& name);

    /// The JSON that describes the tensors.
    [[nodiscard]] std::string description() const;
    [[nodiscard]] std::string bytes() const;
};

} // namespace tests
