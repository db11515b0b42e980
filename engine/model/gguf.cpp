#include "engine/model/gguf.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "engine/model/bad_weights.h"
#include "engine/model/dequantize.h"
#include "engine/model/mapped_file.h"

namespace engine::model {

static_assert(std::endian::native == std::endian::little, "GGUF is read in the machine's order");

namespace {

constexpr std::uint64_t kMostKeys = 65536;
constexpr std::uint64_t kMostTensors = 65536;
constexpr std::uint64_t kMostAlignment = 1u << 20;
constexpr std::size_t kLongestName = 1024;

enum ValueType : std::uint32_t {
    kUInt8,
    kInt8,
    kUInt16,
    kInt16,
    kUInt32,
    kInt32,
    kFloat32,
    kBool,
    kString,
    kArray,
    kUInt64,
    kInt64,
    kFloat64,
    kValueTypes
};

constexpr const char* kTypeNames[kValueTypes] = {
    "an 8-bit number", "an 8-bit number", "a 16-bit number", "a 16-bit number", "a 32-bit number",
    "a 32-bit number", "a 32-bit float",  "a truth value",   "a string",        "an array",
    "a 64-bit number", "a 64-bit number", "a 64-bit float"};

/// Bytes of one value; 0 for strings and arrays, whose length is in the file.
constexpr std::size_t kTypeBytes[kValueTypes] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

bool isInteger(std::uint32_t type) {
    return type <= kInt32 || type == kUInt64 || type == kInt64;
}

template <typename T> T loadAs(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

/// A 64-bit unsigned number above the signed range comes out negative and so fails every range
/// check.
std::int64_t loadInteger(std::uint32_t type, const char* at) {
    switch (type) {
    case kUInt8:
        return loadAs<std::uint8_t>(at);
    case kInt8:
        return loadAs<std::int8_t>(at);
    case kUInt16:
        return loadAs<std::uint16_t>(at);
    case kInt16:
        return loadAs<std::int16_t>(at);
    case kUInt32:
        return loadAs<std::uint32_t>(at);
    case kInt32:
        return loadAs<std::int32_t>(at);
    default:
        return loadAs<std::int64_t>(at);
    }
}

struct Value {
    std::uint32_t type = 0; ///< of the value, or of an array's elements
    bool isArray = false;
    std::uint64_t count = 1;
    std::string_view payload; ///< from the first value on; strings with their lengths
};

std::string describe(const Value& value) {
    return (value.isArray ? "an array, each element " : "") + std::string(kTypeNames[value.type]);
}

/// Walks through the head of the file and never leaves it.
class Cursor {
public:
    Cursor(std::string_view bytes, const std::string& file) : m_bytes(bytes), m_file(file) {}

    [[nodiscard]] std::size_t position() const { return m_at; }
    [[nodiscard]] std::size_t left() const { return m_bytes.size() - m_at; }

    std::string_view take(std::uint64_t count, const std::string& what) {
        if (count > left()) {
            refuseWeights(m_file, what, std::to_string(count) + " bytes long",
                          "at most " + std::to_string(left()) + " bytes up to the file's end");
        }
        const std::string_view result = m_bytes.substr(m_at, count);
        m_at += count;
        return result;
    }

    template <typename T> T number(const std::string& what) {
        return loadAs<T>(take(sizeof(T), what).data());
    }

    std::string_view text(const std::string& what) {
        return take(number<std::uint64_t>("the length of " + what), what);
    }

    void skipTo(std::size_t position) { m_at = position; }

private:
    std::string_view m_bytes;
    const std::string& m_file;
    std::size_t m_at = 0;
};

class GgufFile final : public Gguf {
public:
    /// `mapping` keeps `bytes` alive, unless the caller does.
    GgufFile(std::string path, std::string_view bytes,
             std::shared_ptr<const MappedFile> mapping = nullptr)
        : m_path(std::move(path)), m_bytes(bytes), m_mapping(std::move(mapping)) {}

    void parse() {
        Cursor cursor(m_bytes, m_path);
        const std::string_view magic = cursor.take(4, "the magic");
        if (magic != "GGUF") {
            refuseWeights(m_path, "the magic", "\"" + shown(magic) + "\"", "\"GGUF\"");
        }
        const auto version = cursor.number<std::uint32_t>("the version");
        if (version == 0x02000000 || version == 0x03000000) {
            refuseWeights(m_path, "the byte order", "big-endian", "little-endian");
        }
        if (version != 2 && version != 3) {
            refuseWeights(m_path, "the version", std::to_string(version), "2 or 3");
        }
        const auto tensorCount = cursor.number<std::uint64_t>("the number of tensors");
        checkCount("the number of tensors", tensorCount, kMostTensors);
        const auto keyCount = cursor.number<std::uint64_t>("the number of keys");
        checkCount("the number of keys", keyCount, kMostKeys);
        for (std::uint64_t i = 0; i < keyCount; ++i) {
            readKey(cursor);
        }
        readAlignment();
        m_tensors.reserve(tensorCount);
        std::vector<std::uint64_t> offsets;
        for (std::uint64_t i = 0; i < tensorCount; ++i) {
            offsets.push_back(readTensor(cursor));
        }
        placeTensors(cursor.position(), offsets);
    }

    [[nodiscard]] const std::string& path() const override { return m_path; }

    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const override {
        const Value* value = scalar(key, "a number", isInteger);
        return value ? std::optional(loadInteger(value->type, value->payload.data()))
                     : std::nullopt;
    }

    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const override {
        const Value* value =
            scalar(key, "a truth value", [](std::uint32_t type) { return type == kBool; });
        return value ? std::optional(loadAs<std::uint8_t>(value->payload.data()) != 0)
                     : std::nullopt;
    }

    [[nodiscard]] std::optional<double> real(std::string_view key) const override {
        const Value* value = scalar(key, "a float", [](std::uint32_t type) {
            return type == kFloat32 || type == kFloat64;
        });
        if (value == nullptr) {
            return std::nullopt;
        }
        return value->type == kFloat32 ? loadAs<float>(value->payload.data())
                                       : loadAs<double>(value->payload.data());
    }

    [[nodiscard]] std::optional<std::string_view> string(std::string_view key) const override {
        const Value* value =
            scalar(key, "a string", [](std::uint32_t type) { return type == kString; });
        return value ? std::optional(value->payload.substr(8)) : std::nullopt;
    }

    [[nodiscard]] std::optional<std::vector<std::string_view>>
    strings(std::string_view key) const override {
        const Value* value =
            array(key, "an array of strings", [](std::uint32_t type) { return type == kString; });
        if (value == nullptr) {
            return std::nullopt;
        }
        std::vector<std::string_view> result(value->count);
        const char* at = value->payload.data();
        for (std::string_view& text : result) {
            text = {at + 8, loadAs<std::uint64_t>(at)};
            at += 8 + text.size();
        }
        return result;
    }

    [[nodiscard]] std::optional<std::vector<std::int64_t>>
    integers(std::string_view key) const override {
        const Value* value = array(key, "an array of numbers", isInteger);
        if (value == nullptr) {
            return std::nullopt;
        }
        std::vector<std::int64_t> result(value->count);
        const char* at = value->payload.data();
        for (std::int64_t& number : result) {
            number = loadInteger(value->type, at);
            at += kTypeBytes[value->type];
        }
        return result;
    }

    [[nodiscard]] const std::vector<FileTensor>& tensors() const override { return m_tensors; }

    [[nodiscard]] const FileTensor* find(std::string_view name) const override {
        const auto found = m_byName.find(name);
        return found == m_byName.end() ? nullptr : &m_tensors[found->second];
    }

    [[nodiscard]] bool hasInterleavedRows() const override {
        return string("general.architecture") == "llama";
    }

    [[nodiscard]] std::string keyWords(std::string_view key) const override {
        return "key " + shown(key);
    }

    [[nodiscard]] std::string tensorWords(std::string_view name) const override {
        return "tensor " + shown(name);
    }

private:
    void checkCount(const std::string& what, std::uint64_t found, std::uint64_t most) const {
        if (found > most) {
            refuseWeights(m_path, what, std::to_string(found), "at most " + std::to_string(most));
        }
    }

    std::string_view readName(Cursor& cursor, const std::string& what) const {
        const std::string_view name = cursor.text(what);
        if (name.empty() || name.size() > kLongestName) {
            refuseWeights(m_path, what, std::to_string(name.size()) + " bytes long",
                          "1 to " + std::to_string(kLongestName));
        }
        return name;
    }

    void readKey(Cursor& cursor) {
        const std::string_view name = readName(cursor, "the name of a key");
        const std::string what = "key " + shown(name);
        Value value;
        value.type = readType(cursor, what);
        if (value.type == kArray) {
            value.isArray = true;
            value.type = readType(cursor, what);
            if (value.type == kArray) {
                refuseWeights(m_path, what, "an array of arrays", "an array of plain values");
            }
            value.count = cursor.number<std::uint64_t>("the length of " + what);
        }
        const std::size_t begin = cursor.position();
        if (value.type == kString) {
            for (std::uint64_t i = 0; i < value.count; ++i) {
                cursor.text(what);
            }
        } else {
            // The quotient keeps the product in range.
            const std::size_t each = kTypeBytes[value.type];
            if (value.count > cursor.left() / each) {
                refuseWeights(m_path, what, std::to_string(value.count) + " values long",
                              "at most " + std::to_string(cursor.left() / each) +
                                  " up to the file's end");
            }
            cursor.take(value.count * each, what);
        }
        value.payload = m_bytes.substr(begin, cursor.position() - begin);
        if (value.type == kBool && !value.isArray &&
            static_cast<unsigned char>(value.payload[0]) > 1) {
            refuseWeights(m_path, what,
                          std::to_string(static_cast<unsigned char>(value.payload[0])),
                          "a truth value of 0 or 1");
        }
        if (!m_keys.emplace(name, value).second) {
            refuseWeights(m_path, what, "given twice", "once");
        }
    }

    std::uint32_t readType(Cursor& cursor, const std::string& what) const {
        const auto type = cursor.number<std::uint32_t>("the type of " + what);
        if (type >= kValueTypes) {
            refuseWeights(m_path, "the type of " + what, std::to_string(type), "0 to 12");
        }
        return type;
    }

    void readAlignment() {
        const std::int64_t found = integer("general.alignment").value_or(32);
        if (found <= 0 || static_cast<std::uint64_t>(found) > kMostAlignment ||
            !std::has_single_bit(static_cast<std::uint64_t>(found))) {
            refuseWeights(m_path, "key general.alignment", std::to_string(found),
                          "a power of two up to " + std::to_string(kMostAlignment));
        }
        m_alignment = static_cast<std::uint64_t>(found);
    }

    /// Reads all of a tensor's description but its place, and returns its offset.
    std::uint64_t readTensor(Cursor& cursor) {
        FileTensor tensor;
        tensor.name = readName(cursor, "the name of a tensor");
        const std::string what = "tensor " + shown(tensor.name);
        const auto rank = cursor.number<std::uint32_t>("the rank of " + what);
        if (rank < 1 || rank > 4) {
            refuseWeights(m_path, "the rank of " + what, std::to_string(rank), "1 to 4");
        }
        std::int64_t values = 1;
        for (std::uint32_t i = 0; i < rank; ++i) {
            const auto length = cursor.number<std::uint64_t>("a dimension of " + what);
            // A value takes at least half a byte, so nothing that fits comes near this bound.
            if (length == 0 || length > (std::uint64_t{1} << 48) ||
                __builtin_mul_overflow(values, static_cast<std::int64_t>(length), &values) ||
                values > (std::int64_t{1} << 48)) {
                refuseWeights(m_path, "a dimension of " + what, std::to_string(length),
                              "1 to what the file can hold");
            }
            tensor.shape.insert(tensor.shape.begin(), static_cast<std::int64_t>(length));
        }
        const auto type = cursor.number<std::uint32_t>("the type of " + what);
        const std::optional<Block> block = blockOf(type);
        if (!block) {
            refuseWeights(m_path, "the type of " + what, std::to_string(type),
                          "one of F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K");
        }
        tensor.type = static_cast<TensorType>(type);
        const std::int64_t row = tensor.shape.back();
        if (row % block->values != 0) {
            refuseWeights(m_path, "the row length of " + what, std::to_string(row),
                          "a multiple of " + std::to_string(block->values));
        }
        tensor.bytes = static_cast<std::size_t>(values / block->values * block->bytes);
        if (!m_names.insert(tensor.name).second) {
            refuseWeights(m_path, what, "given twice", "once");
        }
        m_tensors.push_back(std::move(tensor));
        return cursor.number<std::uint64_t>("the offset of " + what);
    }

    void placeTensors(std::size_t headEnd, const std::vector<std::uint64_t>& offsets) {
        const std::size_t dataBegin = (headEnd + m_alignment - 1) / m_alignment * m_alignment;
        const std::size_t dataBytes = dataBegin < m_bytes.size() ? m_bytes.size() - dataBegin : 0;
        std::vector<std::pair<std::uint64_t, std::size_t>> order;
        for (std::size_t i = 0; i < m_tensors.size(); ++i) {
            FileTensor& tensor = m_tensors[i];
            const std::string what = "tensor " + shown(tensor.name);
            const std::uint64_t offset = offsets[i];
            if (offset % m_alignment != 0) {
                refuseWeights(m_path, "the offset of " + what, std::to_string(offset),
                              "a multiple of " + std::to_string(m_alignment));
            }
            if (offset > dataBytes || tensor.bytes > dataBytes - offset) {
                refuseWeights(
                    m_path, what,
                    std::to_string(tensor.bytes) + " bytes at offset " + std::to_string(offset),
                    "an end within the file's " + std::to_string(dataBytes) + " bytes of data");
            }
            tensor.data =
                reinterpret_cast<const std::uint8_t*>(m_bytes.data()) + dataBegin + offset;
            m_byName.emplace(tensor.name, i);
            order.emplace_back(offset, i);
        }
        std::sort(order.begin(), order.end());
        for (std::size_t i = 1; i < order.size(); ++i) {
            const FileTensor& before = m_tensors[order[i - 1].second];
            const std::uint64_t end = order[i - 1].first + before.bytes;
            if (order[i].first < end) {
                refuseWeights(m_path,
                              "the offset of tensor " + shown(m_tensors[order[i].second].name),
                              std::to_string(order[i].first),
                              "at least " + std::to_string(end) + ", the end of tensor " +
                                  shown(before.name));
            }
        }
    }

    [[nodiscard]] const Value* scalar(std::string_view key, const char* expected,
                                      bool (*fits)(std::uint32_t)) const {
        return value(key, expected, false, fits);
    }

    [[nodiscard]] const Value* array(std::string_view key, const char* expected,
                                     bool (*fits)(std::uint32_t)) const {
        return value(key, expected, true, fits);
    }

    [[nodiscard]] const Value* value(std::string_view key, const char* expected, bool isArray,
                                     bool (*fits)(std::uint32_t)) const {
        const auto found = m_keys.find(key);
        if (found == m_keys.end()) {
            return nullptr;
        }
        if (found->second.isArray != isArray || !fits(found->second.type)) {
            refuseWeights(m_path, "key " + shown(key), describe(found->second), expected);
        }
        return &found->second;
    }

    std::string m_path;
    std::string_view m_bytes;
    std::shared_ptr<const MappedFile> m_mapping;
    std::uint64_t m_alignment = 32;
    std::unordered_map<std::string_view, Value> m_keys;
    std::vector<FileTensor> m_tensors;
    std::unordered_set<std::string> m_names;
    std::unordered_map<std::string_view, std::size_t> m_byName;
};

} // namespace

std::shared_ptr<const Gguf> Gguf::parse(std::string_view bytes, const std::string& name) {
    auto file = std::make_shared<GgufFile>(name, bytes);
    file->parse();
    return file;
}

std::shared_ptr<const Gguf> Gguf::open(const std::string& path) {
    auto mapping = MappedFile::open(path);
    const std::string_view bytes = mapping->bytes();
    auto file = std::make_shared<GgufFile>(path, bytes, std::move(mapping));
    file->parse();
    return file;
}

} // namespace engine::model
