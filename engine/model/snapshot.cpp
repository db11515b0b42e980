#include "engine/model/snapshot.h"

#include <ATen/ops/any.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isinf.h>
#include <ATen/ops/isnan.h>
#include <c10/core/InferenceMode.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include "engine/error.h"
#include "engine/model/device_memory.h"
#include "engine/model/transformer.h"

namespace engine::model {

namespace {

static_assert(std::endian::native == std::endian::little, "snapshots are written as they lie");

constexpr std::string_view kFeatureMap = "elu1";

[[noreturn]] void refuse(const std::string& what) {
    throw Error(Code::BadSnapshot, "stored memory: " + what + "; the book has to be read again");
}

class Writer {
public:
    template <typename T> void put(T value) {
        m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void put(std::string_view text) {
        put(static_cast<std::uint32_t>(text.size()));
        m_bytes.append(text);
    }
    void put(const at::Tensor& tensor) {
        const at::Tensor whole = tensor.to(at::kCPU).contiguous();
        m_bytes.append(static_cast<const char*>(whole.const_data_ptr()), whole.nbytes());
    }
    std::string& bytes() { return m_bytes; }

private:
    std::string m_bytes;
};

/// Reads within its bytes only; what would lie behind them is refused.
class Reader {
public:
    Reader(std::string_view bytes, const char* where) : m_bytes(bytes), m_where(where) {}

    std::string_view take(std::size_t count) {
        if (count > m_bytes.size() - m_at) {
            refuse(std::string("length: it ends inside its ") + m_where);
        }
        m_at += count;
        return m_bytes.substr(m_at - count, count);
    }
    template <typename T> T number() {
        T value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string text() { return std::string(take(number<std::uint32_t>())); }
    [[nodiscard]] std::size_t position() const { return m_at; }
    [[nodiscard]] std::size_t left() const { return m_bytes.size() - m_at; }

private:
    std::string_view m_bytes;
    const char* m_where;
    std::size_t m_at = 0;
};

void same(const char* field, std::int64_t found, std::int64_t expected) {
    if (found != expected) {
        refuse(std::string(field) + " is " + std::to_string(found) + ", here it is " +
               std::to_string(expected));
    }
}

void same(const char* field, const std::string& found, const std::string& expected) {
    if (found != expected) {
        refuse(std::string(field) + " is \"" + found + "\", here it is \"" + expected + "\"");
    }
}

/// Every value finite; with `isPositive` none below 0.
void requireFinite(const std::string& name, const at::Tensor& tensor, bool isPositive) {
    if (tensor.isnan().any().item<bool>()) {
        refuse(name + " holds a value that is not a number");
    }
    if (tensor.isinf().any().item<bool>()) {
        refuse(name + " holds an infinite value");
    }
    if (isPositive && tensor.lt(0).any().item<bool>()) {
        refuse(name + " holds a negative value");
    }
}

std::int64_t memoryLayers(const Model& model, Mode mode) {
    return hasMemory(mode) ? model.adapter->layers() : 0;
}

/// How the state is written: the memory's rule, or what else decides which tokens are kept.
std::string ruleOf(const Model& model, Mode mode, const SegmentCache& cache) {
    if (hasVectors(mode)) {
        return "vectors " + std::to_string(model.prompt->count());
    }
    if (cache.hasLayers()) {
        return "sinks " + std::to_string(cache.sinks);
    }
    return mode == Mode::InfiniDelta ? "delta" : "linear";
}

/// The tensors of one layer's part of the body, in their order there.
std::array<at::Tensor*, 6> cacheTensors(SegmentCache& cache, std::size_t layer) {
    return {&cache.sinkKeys[layer], &cache.sinkValues[layer], &cache.keys[layer],
            &cache.values[layer],   &cache.pooledKeys[layer], &cache.pooledValues[layer]};
}

void putCache(Writer& out, SegmentCache cache) {
    if (!cache.hasLayers()) {
        return;
    }
    out.put(static_cast<std::uint32_t>(cache.keys[0].element_size()));
    for (std::size_t i = 0; i < cache.keys.size(); ++i) {
        const std::size_t begin = out.bytes().size();
        for (const at::Tensor* rows : cacheTensors(cache, i)) {
            out.put(*rows);
        }
        out.put(crc32c(std::string_view(out.bytes()).substr(begin)));
    }
}

/// The sizes follow from the counts of the header, so that the body can claim none.
void takeCache(Reader& body, SegmentCache& cache, const CacheCount& count) {
    if (!cache.hasLayers()) {
        return;
    }
    const auto valueBytes = body.number<std::uint32_t>();
    if (valueBytes != 2 && valueBytes != 4) {
        refuse("value size is " + std::to_string(valueBytes) + " bytes, not 2 or 4");
    }
    const at::ScalarType stored = valueBytes == 2 ? at::kBFloat16 : at::kFloat;
    for (std::size_t i = 0; i < cache.keys.size(); ++i) {
        std::string bytes;
        const auto tensors = cacheTensors(cache, i);
        for (std::size_t k = 0; k < tensors.size(); ++k) {
            at::Tensor* rows = tensors[k];
            std::vector<std::int64_t> sizes = rows->sizes().vec();
            sizes[2] = std::array{count.sinks, count.window, count.pooled}[k / 2];
            at::Tensor read = at::empty(sizes, at::TensorOptions(stored));
            const std::string_view values = body.take(read.nbytes());
            // Not memcpy: an empty cache has no address.
            std::copy(values.begin(), values.end(), static_cast<char*>(read.mutable_data_ptr()));
            bytes += values;
            // A state that was read in another type goes on in this one.
            *rows = read.to(rows->options());
        }
        if (body.number<std::uint32_t>() != crc32c(bytes)) {
            refuse("checksum of layer " + std::to_string(i) + " does not match");
        }
    }
}

void putVectors(Writer& out, const at::Tensor& vectors) {
    if (vectors.defined()) {
        const std::size_t begin = out.bytes().size();
        out.put(vectors);
        out.put(crc32c(std::string_view(out.bytes()).substr(begin)));
    }
}

void takeVectors(Reader& body, const Prompt& prompt, ReadingState& state) {
    if (state.segments <= 0) {
        return;
    }
    at::Tensor vectors = at::empty(prompt.vectors.sizes(), at::TensorOptions().dtype(at::kFloat));
    const std::string_view values = body.take(vectors.nbytes());
    if (body.number<std::uint32_t>() != crc32c(values)) {
        refuse("checksum of the vectors does not match");
    }
    std::memcpy(vectors.mutable_data_ptr(), values.data(), vectors.nbytes());
    state.vectors = vectors.to(prompt.vectors.device());
}

void requireFinite(SegmentCache& cache) {
    for (std::size_t i = 0; i < cache.keys.size(); ++i) {
        for (const at::Tensor* rows : cacheTensors(cache, i)) {
            requireFinite("the cache of layer " + std::to_string(i), *rows, false);
        }
    }
}

} // namespace

void requireStorable(Mode mode) {
    if (!isStorable(mode)) {
        throw Error(Code::WrongUse,
                    "a reading in the mode " + nameOf(mode) +
                        " cannot be stored, because its state grows with the text; read in "
                        "another mode, such as infini-linear");
    }
}

std::uint32_t crc32c(std::string_view bytes) {
    static const auto table = [] {
        std::array<std::uint32_t, 256> entries{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit) {
                value = (value >> 1) ^ ((value & 1) != 0 ? 0x82f63b78u : 0u);
            }
            entries[i] = value;
        }
        return entries;
    }();
    std::uint32_t crc = 0xffffffffu;
    for (const char byte : bytes) {
        crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint8_t>(byte)) & 0xff];
    }
    return crc ^ 0xffffffffu;
}

std::string sha256Bytes(std::string_view bytes) {
    std::string digest(kSha256Bytes, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest;
}

std::string saveSnapshot(const Model& model, const SnapshotHeader& header,
                         const ReadingState& state) {
    const Mode mode = modeFromName(header.mode);
    requireStorable(mode);
    model.requireTrainedFor(mode);
    const Config& config = model.weights->config;
    const Adapter& adapter = *model.adapter;
    Writer fields;
    fields.put(config.layers);
    fields.put(memoryLayers(model, mode));
    fields.put(adapter.firstLayer);
    fields.put(config.kvHeads);
    fields.put(adapter.features);
    fields.put(config.headWidth);
    fields.put(header.segmentTokens);
    fields.put(std::string_view(header.mode));
    fields.put(std::string_view(ruleOf(model, mode, state.cache)));
    fields.put(kFeatureMap);
    fields.put(adapter.epsilon);
    fields.put(config.ropeBase);
    for (const std::string* text : {&header.dtype, &header.weightsSha256, &header.adapterSha256,
                                    &header.tokenizerSha256, &header.prefixSha256}) {
        fields.put(std::string_view(*text));
    }
    fields.put(state.tokens);
    fields.put(state.segments);
    fields.put(header.charEnd);
    fields.put(header.page);
    fields.put(state.memory.tokens);
    fields.put(std::string_view(header.engineVersion));
    fields.put(std::string_view(header.device));
    fields.put(header.threads);
    fields.put(header.parent);

    Writer out;
    out.bytes().append(kSnapshotMagic);
    out.put(kSnapshotVersion);
    out.put(std::string_view(fields.bytes()));
    out.put(static_cast<std::uint32_t>(state.pending.size()));
    for (const std::int32_t id : state.pending) {
        out.put(id);
    }
    // Not M.size(): in local mode a state may carry an empty memory.
    const auto layers = static_cast<std::size_t>(memoryLayers(model, mode));
    assert(state.memory.M.size() >= layers);
    for (std::size_t i = 0; i < layers; ++i) {
        const std::size_t begin = out.bytes().size();
        out.put(state.memory.M[i]);
        out.put(state.memory.z[i]);
        out.put(crc32c(std::string_view(out.bytes()).substr(begin)));
    }
    putCache(out, state.cache);
    putVectors(out, state.vectors);
    out.bytes().append(sha256Bytes(out.bytes()));
    return std::move(out.bytes());
}

LoadedSnapshot loadSnapshot(const Model& model, const SnapshotHeader& expected,
                            std::string_view bytes) {
    const c10::InferenceMode inference;
    const Mode mode = modeFromName(expected.mode);
    requireStorable(mode);
    model.requireTrainedFor(mode);
    const Config& config = model.weights->config;
    const Adapter& adapter = *model.adapter;
    Reader in(bytes, "first bytes");
    if (in.take(kSnapshotMagic.size()) != kSnapshotMagic) {
        refuse("magic: these are not the bytes of a stored memory");
    }
    const auto version = in.number<std::uint32_t>();
    if (version != kSnapshotVersion) {
        refuse("version is " + std::to_string(version) + ", this program knows " +
               std::to_string(kSnapshotVersion));
    }

    LoadedSnapshot loaded;
    SnapshotHeader& header = loaded.header;
    ReadingState& state = loaded.state;
    const std::string fields = in.text();
    Reader head(fields, "header");
    same("layers", head.number<std::int64_t>(), config.layers);
    const auto layers = head.number<std::int64_t>();
    const auto firstLayer = head.number<std::int64_t>();
    same("KV heads", head.number<std::int64_t>(), config.kvHeads);
    same("feature width", head.number<std::int64_t>(), adapter.features);
    same("head width", head.number<std::int64_t>(), config.headWidth);
    header.segmentTokens = head.number<std::int64_t>();
    same("segment", header.segmentTokens, expected.segmentTokens);
    header.mode = head.text();
    same("mode", header.mode, expected.mode);
    same("memory layers", layers, memoryLayers(model, mode));
    same("first memory layer", firstLayer, adapter.firstLayer);
    state.cache = SegmentCache::empty(mode, *model.weights, header.segmentTokens);
    same("rule", head.text(), ruleOf(model, mode, state.cache));
    same("feature map", head.text(), std::string(kFeatureMap));
    if (const auto epsilon = head.number<double>(); epsilon != adapter.epsilon) {
        refuse("epsilon is " + std::to_string(epsilon) + ", here it is " +
               std::to_string(adapter.epsilon));
    }
    if (const auto base = head.number<float>(); base != config.ropeBase) {
        refuse("rope base is " + std::to_string(base) + ", here it is " +
               std::to_string(config.ropeBase));
    }
    header.dtype = head.text();
    header.weightsSha256 = head.text();
    same("weights", header.weightsSha256, model.weights->sha256);
    header.adapterSha256 = head.text();
    same("adapter", header.adapterSha256, adapter.sha256);
    header.tokenizerSha256 = head.text();
    same("tokenizer", header.tokenizerSha256, model.tokenizer->sha256());
    header.prefixSha256 = head.text();
    if (!expected.prefixSha256.empty()) {
        same("text before the offset", header.prefixSha256, expected.prefixSha256);
    }
    state.tokens = head.number<std::int64_t>();
    state.segments = head.number<std::int64_t>();
    header.charEnd = head.number<std::int64_t>();
    header.page = head.number<std::int64_t>();
    state.memory.tokens = head.number<std::int64_t>();
    header.engineVersion = head.text();
    header.device = head.text();
    header.threads = head.number<std::int64_t>();
    header.parent = head.number<std::int64_t>();
    if (head.left() != 0) {
        refuse("length: its header is longer than version " + std::to_string(version) + " has");
    }

    if (state.segments < 0 || state.segments > state.tokens / header.segmentTokens) {
        refuse("segments: " + std::to_string(state.segments) + " in " +
               std::to_string(state.tokens) + " tokens");
    }

    Reader body(bytes.substr(in.position()), "body");
    const auto pending = body.number<std::uint32_t>();
    if (pending >= header.segmentTokens) {
        refuse("pending tokens: " + std::to_string(pending) + " of a segment of " +
               std::to_string(header.segmentTokens));
    }
    for (std::uint32_t i = 0; i < pending; ++i) {
        state.pending.push_back(body.number<std::int32_t>());
    }
    const std::int64_t G = config.kvHeads, f = adapter.features, d = config.headWidth;
    const auto options = at::TensorOptions().dtype(at::kFloat);
    for (std::int64_t i = 0; i < layers; ++i) {
        at::Tensor M = at::empty({1, G, f, d}, options), z = at::empty({1, G, f}, options);
        const std::string_view values = body.take(M.nbytes() + z.nbytes());
        if (body.number<std::uint32_t>() != crc32c(values)) {
            refuse("checksum of layer " + std::to_string(firstLayer + i) + " does not match");
        }
        std::memcpy(M.mutable_data_ptr(), values.data(), M.nbytes());
        std::memcpy(z.mutable_data_ptr(), values.data() + M.nbytes(), z.nbytes());
        withinDeviceMemory(model, [&] {
            state.memory.M.push_back(M.to(adapter.beta.device()));
            state.memory.z.push_back(z.to(adapter.beta.device()));
        });
    }
    withinDeviceMemory(model, [&] {
        takeCache(body, state.cache, state.cache.countAfter(state.segments, header.segmentTokens));
    });
    if (hasVectors(mode)) {
        takeVectors(body, *model.prompt, state);
    }
    const std::string_view sum = body.take(kSha256Bytes);
    if (body.left() != 0) {
        refuse("length: " + std::to_string(body.left()) + " bytes lie behind its end");
    }
    if (sum != sha256Bytes(bytes.substr(0, bytes.size() - kSha256Bytes))) {
        refuse("checksum does not match");
    }

    for (std::int64_t i = 0; i < layers; ++i) {
        const std::string layer = " of layer " + std::to_string(firstLayer + i);
        requireFinite("M" + layer, state.memory.M[i], false);
        requireFinite("z" + layer, state.memory.z[i], true);
    }
    requireFinite(state.cache);
    if (state.vectors.defined()) {
        requireFinite("what is carried", state.vectors, false);
    }
    for (const std::int32_t id : state.pending) {
        if (id < 0 || id >= config.vocabulary) {
            refuse("pending tokens: " + std::to_string(id) + " is no token of this model");
        }
    }
    same("tokens", state.tokens, state.segments * header.segmentTokens + pending);
    same("tokens in memory", state.memory.tokens,
         layers == 0 ? 0 : state.segments * header.segmentTokens);
    return loaded;
}

} // namespace engine::model
