#include "engine/model/safetensors.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/model/bad_weights.h"
#include "engine/model/dequantize.h"
#include "engine/model/json_text.h"

namespace engine::model {

static_assert(std::endian::native == std::endian::little,
              "safetensors are read in the machine's order");

namespace {

using nlohmann::json;

constexpr std::uint64_t kMostHeaderBytes = 100'000'000;
constexpr std::size_t kMostTensors = 65536;
constexpr std::size_t kLongestName = 1024;

class HeaderReader {
public:
    HeaderReader(std::string_view bytes, const std::string& file) : m_bytes(bytes), m_file(file) {}

    Safetensors read() {
        const std::string_view header = takeHeader();
        const json root = parseJson(header, m_file, "the header");
        if (root.size() > kMostTensors) {
            refuseWeights(m_file, "the number of tensors", std::to_string(root.size()),
                          "at most " + std::to_string(kMostTensors));
        }
        for (const auto& [name, value] : root.items()) {
            if (name == "__metadata__") {
                readMetadata(value);
            } else {
                readTensor(name, value);
            }
        }
        place();
        return std::move(m_result);
    }

private:
    struct Range {
        std::uint64_t begin, end;
        FileTensor tensor;
    };

    /// Leaves the values in m_bytes.
    std::string_view takeHeader() {
        std::uint64_t length = 0;
        if (m_bytes.size() < sizeof length) {
            refuseWeights(m_file, "the file", std::to_string(m_bytes.size()) + " bytes long",
                          "at least the 8 bytes of the header's length");
        }
        std::memcpy(&length, m_bytes.data(), sizeof length);
        m_bytes.remove_prefix(sizeof length);
        const std::uint64_t most = std::min<std::uint64_t>(kMostHeaderBytes, m_bytes.size());
        if (length > most) {
            refuseWeights(m_file, "the length of the header", std::to_string(length),
                          "at most " + std::to_string(most));
        }
        const std::string_view header = m_bytes.substr(0, length);
        m_bytes.remove_prefix(length);
        return header;
    }

    void readMetadata(const json& value) {
        if (!value.is_object()) {
            refuseWeights(m_file, "__metadata__", shownJson(value), "an object of strings");
        }
        for (const auto& [key, text] : value.items()) {
            if (!text.is_string()) {
                refuseWeights(m_file, "\"" + shown(key) + "\" of __metadata__", shownJson(text),
                              "a string");
            }
            m_result.metadata.emplace(key, text.get<std::string>());
        }
    }

    void readTensor(const std::string& name, const json& value) {
        const std::string what = "tensor " + shown(name);
        if (name.empty() || name.size() > kLongestName) {
            refuseWeights(m_file, "the name of a tensor",
                          std::to_string(name.size()) + " bytes long",
                          "1 to " + std::to_string(kLongestName));
        }
        if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
            !value.contains("shape") || !value.contains("data_offsets")) {
            refuseWeights(m_file, what, "described otherwise",
                          "an object of dtype, shape and data_offsets");
        }
        Range range;
        range.tensor.name = name;
        range.tensor.type = typeOf(value["dtype"], what);
        const std::uint64_t values = readShape(value["shape"], what, range.tensor.shape);
        const json& offsets = value["data_offsets"];
        if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
            !offsets[1].is_number_unsigned()) {
            refuseWeights(m_file, "the place of " + what, shownJson(offsets),
                          "two offsets, begin and end");
        }
        range.begin = offsets[0].get<std::uint64_t>();
        range.end = offsets[1].get<std::uint64_t>();
        if (range.begin > range.end || range.end > m_bytes.size()) {
            refuseWeights(m_file, "the place of " + what,
                          std::to_string(range.begin) + " to " + std::to_string(range.end),
                          "a range within the file's " + std::to_string(m_bytes.size()) +
                              " bytes of data");
        }
        const auto block = *blockOf(static_cast<std::uint32_t>(range.tensor.type));
        const std::uint64_t bytes = values * static_cast<std::uint64_t>(block.bytes);
        if (range.end - range.begin != bytes) {
            refuseWeights(m_file, what, std::to_string(range.end - range.begin) + " bytes",
                          std::to_string(bytes) + ", shape times type");
        }
        range.tensor.bytes = static_cast<std::size_t>(bytes);
        m_ranges.push_back(std::move(range));
    }

    [[nodiscard]] TensorType typeOf(const json& value, const std::string& what) const {
        if (value == "F32") {
            return TensorType::F32;
        }
        if (value == "F16") {
            return TensorType::F16;
        }
        if (value == "BF16") {
            return TensorType::BF16;
        }
        refuseWeights(m_file, "the type of " + what, shownJson(value), "F32, F16 or BF16");
    }

    std::uint64_t readShape(const json& value, const std::string& what,
                            std::vector<std::int64_t>& shape) const {
        if (!value.is_array() || value.empty() || value.size() > 4) {
            refuseWeights(m_file, "the shape of " + what,
                          value.is_array() ? std::to_string(value.size()) + " dimensions"
                                           : shownJson(value),
                          "1 to 4 dimensions");
        }
        std::int64_t values = 1;
        for (const json& length : value) {
            const auto number = integerOf(length);
            // A value takes at least two bytes, so nothing that fits comes near this bound.
            if (!number || *number < 1 || *number > (std::int64_t{1} << 48) ||
                __builtin_mul_overflow(values, *number, &values) ||
                values > (std::int64_t{1} << 48)) {
                refuseWeights(m_file, "a dimension of " + what, shownJson(length),
                              "1 to what the file can hold");
            }
            shape.push_back(*number);
        }
        return static_cast<std::uint64_t>(values);
    }

    /// The values must follow one another from the first byte to the last.
    void place() {
        std::sort(m_ranges.begin(), m_ranges.end(),
                  [](const Range& a, const Range& b) { return a.begin < b.begin; });
        std::uint64_t end = 0;
        for (Range& range : m_ranges) {
            if (range.begin != end) {
                refuseWeights(m_file, "the offset of tensor " + shown(range.tensor.name),
                              std::to_string(range.begin),
                              std::to_string(end) + ", where the values before it end");
            }
            range.tensor.data = reinterpret_cast<const std::uint8_t*>(m_bytes.data()) + range.begin;
            end = range.end;
            m_result.tensors.push_back(std::move(range.tensor));
        }
        if (end != m_bytes.size()) {
            refuseWeights(m_file, "the data", std::to_string(m_bytes.size()) + " bytes long",
                          std::to_string(end) + ", the end of the last tensor");
        }
    }

    std::string_view m_bytes;
    const std::string& m_file;
    std::vector<Range> m_ranges;
    Safetensors m_result;
};

} // namespace

Safetensors readSafetensors(std::string_view bytes, const std::string& file) {
    return HeaderReader(bytes, file).read();
}

} // namespace engine::model
