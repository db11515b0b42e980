#pragma once
/// Writes GGUF files byte by byte, sound ones and, by setting a field wrongly, broken ones.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

/// Type codes of metadata values in a GGUF file.
enum class GgufValue : std::uint32_t {
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
};

/// The little-endian bytes of `value`, a number.
template <typename T> std::string littleEndian(T value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// One file as it will be written. Every field may be changed before `bytes` is called.
struct GgufFile {
    struct Key {
        std::string name;
        GgufValue type = GgufValue::UInt32;
        std::string payload; ///< as it lies in the file
    };
    struct Tensor {
        std::string name;
        std::uint32_t type = 0;                ///< GGML's type code
        std::vector<std::uint64_t> dimensions; ///< in the file's order: row length first
        std::string data;
        std::optional<std::uint64_t> offset; ///< unset: behind the tensor before, aligned
    };

    std::string magic = "GGUF";
    std::uint32_t version = 3;
    std::uint64_t alignment = 32; ///< of the data; the key general.alignment is the caller's
    std::optional<std::uint64_t> tensorCount, keyCount; ///< unset: as many as there are
    std::vector<Key> keys;
    std::vector<Tensor> tensors;

    /// Each sets a key, replacing one of the same name.
    void set(const std::string& name, GgufValue type, std::string payload);
    void set(const std::string& name, std::uint32_t value);
    void set(const std::string& name, float value);
    void set(const std::string& name, bool value);
    void set(const std::string& name, std::string_view value);
    void set(const std::string& name, const char* value) { set(name, std::string_view(value)); }
    void set(const std::string& name, const std::vector<std::string>& values);
    void set(const std::string& name, const std::vector<std::int32_t>& values);
    void erase(const std::string& name);

    /// Adds a tensor of fp32 values; `shape` has rows first.
    void add(const std::string& name, const std::vector<std::int64_t>& shape,
             const std::vector<float>& values);
    /// The tensor of that name; the test fails with an exception when there is none.
    Tensor& tensor(const std::string& name);

    [[nodiscard]] std::string bytes() const;
};

} // namespace tests
