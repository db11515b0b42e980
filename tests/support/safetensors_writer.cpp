#include "tests/support/safetensors_writer.h"

#include <stdexcept>

#include "tests/support/gguf_writer.h"

namespace tests {

namespace {

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            result.push_back('\\');
        }
        result.push_back(c);
    }
    return result + "\"";
}

} // namespace

void SafetensorsFile::add(const std::string& name, const std::vector<std::int64_t>& shape,
                          const std::vector<float>& values) {
    Tensor added;
    added.name = name;
    added.shape = shape;
    added.data.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    tensors.push_back(std::move(added));
}

SafetensorsFile::Tensor& SafetensorsFile::tensor(const std::string& name) {
    for (Tensor& one : tensors) {
        if (one.name == name) {
            return one;
        }
    }
    throw std::out_of_range("no tensor " + name);
}

void SafetensorsFile::erase(const std::string& name) {
    std::erase_if(tensors, [&](const Tensor& one) { return one.name == name; });
}

std::string SafetensorsFile::description() const {
    std::string text;
    const auto begin = [&](const std::string& name) {
        text += (text.empty() ? "{" : ",") + quoted(name) + ":";
    };
    if (!metadata.empty()) {
        begin("__metadata__");
        std::string entries;
        for (const auto& [key, value] : metadata) {
            entries += (entries.empty() ? "" : ",") + quoted(key) + ":" + quoted(value);
        }
        text += "{" + entries + "}";
    }
    std::uint64_t end = 0;
    for (const Tensor& one : tensors) {
        begin(one.name);
        std::string shape;
        for (const std::int64_t length : one.shape) {
            shape += (shape.empty() ? "" : ",") + std::to_string(length);
        }
        const auto range = one.range.value_or(std::pair(end, end + one.data.size()));
        text += "{\"dtype\":" + quoted(one.dtype) + ",\"shape\":[" + shape +
                "],\"data_offsets\":[" + std::to_string(range.first) + "," +
                std::to_string(range.second) + "]}";
        end += one.data.size();
    }
    return text.empty() ? "{}" : text + "}";
}

std::string SafetensorsFile::bytes() const {
    const std::string head = header.value_or(description());
    std::string all = littleEndian<std::uint64_t>(headerLength.value_or(head.size())) + head;
    for (const Tensor& one : tensors) {
        all += one.data;
    }
    return all;
}

} // namespace tests
