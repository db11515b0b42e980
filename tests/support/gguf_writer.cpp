#include "tests/support/gguf_writer.h"

#include <algorithm>
#include <stdexcept>

namespace tests {

namespace {

std::string counted(std::string_view text) {
    return littleEndian<std::uint64_t>(text.size()) + std::string(text);
}

std::string arrayHead(GgufValue type, std::size_t count) {
    return littleEndian(static_cast<std::uint32_t>(type)) + littleEndian<std::uint64_t>(count);
}

void pad(std::string& bytes, std::uint64_t alignment) {
    while (alignment > 1 && bytes.size() % alignment != 0) {
        bytes.push_back('\0');
    }
}

} // namespace

void GgufFile::set(const std::string& name, GgufValue type, std::string payload) {
    const auto known =
        std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
    Key key{name, type, std::move(payload)};
    if (known == keys.end()) {
        keys.push_back(std::move(key));
    } else {
        *known = std::move(key);
    }
}

void GgufFile::set(const std::string& name, std::uint32_t value) {
    set(name, GgufValue::UInt32, littleEndian(value));
}

void GgufFile::set(const std::string& name, float value) {
    set(name, GgufValue::Float32, littleEndian(value));
}

void GgufFile::set(const std::string& name, bool value) {
    set(name, GgufValue::Bool, std::string(1, value ? '\1' : '\0'));
}

void GgufFile::set(const std::string& name, std::string_view value) {
    set(name, GgufValue::String, counted(value));
}

void GgufFile::set(const std::string& name, const std::vector<std::string>& values) {
    std::string payload = arrayHead(GgufValue::String, values.size());
    for (const std::string& value : values) {
        payload += counted(value);
    }
    set(name, GgufValue::Array, std::move(payload));
}

void GgufFile::set(const std::string& name, const std::vector<std::int32_t>& values) {
    std::string payload = arrayHead(GgufValue::Int32, values.size());
    for (const std::int32_t value : values) {
        payload += littleEndian(value);
    }
    set(name, GgufValue::Array, std::move(payload));
}

void GgufFile::erase(const std::string& name) {
    std::erase_if(keys, [&](const Key& key) { return key.name == name; });
}

void GgufFile::add(const std::string& name, const std::vector<std::int64_t>& shape,
                   const std::vector<float>& values) {
    Tensor tensor;
    tensor.name = name;
    tensor.dimensions.assign(shape.rbegin(), shape.rend());
    tensor.data.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    tensors.push_back(std::move(tensor));
}

GgufFile::Tensor& GgufFile::tensor(const std::string& name) {
    for (Tensor& tensor : tensors) {
        if (tensor.name == name) {
            return tensor;
        }
    }
    throw std::out_of_range("no tensor " + name);
}

std::string GgufFile::bytes() const {
    std::string head = magic + littleEndian(version) +
                       littleEndian<std::uint64_t>(tensorCount.value_or(tensors.size())) +
                       littleEndian<std::uint64_t>(keyCount.value_or(keys.size()));
    for (const Key& key : keys) {
        head +=
            counted(key.name) + littleEndian(static_cast<std::uint32_t>(key.type)) + key.payload;
    }
    std::string data;
    for (const Tensor& tensor : tensors) {
        pad(data, alignment);
        head += counted(tensor.name) +
                littleEndian(static_cast<std::uint32_t>(tensor.dimensions.size()));
        for (const std::uint64_t dimension : tensor.dimensions) {
            head += littleEndian(dimension);
        }
        head += littleEndian(tensor.type) +
                littleEndian<std::uint64_t>(tensor.offset.value_or(data.size()));
        data += tensor.data;
    }
    pad(head, alignment);
    return head + data;
}

} // namespace tests
