#include "engine/model/weights.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "engine/model/bad_weights.h"
#include "engine/model/dequantize.h"
#include "engine/model/model_file.h"
#include "engine/model/sha256.h"
#include "engine/model/weight_pages.h"

namespace engine::model {

namespace {

/// Where one tensor of the file goes: `rows` rows of a result that may hold several.
struct Slot {
    std::vector<std::int64_t> shape; ///< that the file must give
    at::Tensor into;
    std::int64_t firstRow = 0;
    std::int64_t interleavedHeads =
        0; ///< heads whose rows are stored for interleaved rotation; 0: none

    [[nodiscard]] std::int64_t rows() const { return shape.size() == 1 ? 1 : shape[0]; }
    [[nodiscard]] std::int64_t columns() const { return shape.back(); }

    /// The row of `into` for a row of the file. The interleaved order of a head of d rows is 0,
    /// d/2, 1, d/2 + 1, …
    [[nodiscard]] std::int64_t target(std::int64_t row) const {
        if (interleavedHeads == 0) {
            return firstRow + row;
        }
        const std::int64_t width = rows() / interleavedHeads;
        const std::int64_t inHead = row % width;
        return firstRow + (row - inHead) + inHead % 2 * (width / 2) + inHead / 2;
    }
};

/// By canonical name, in the order in which the hash takes them.
using Slots = std::map<std::string, Slot>;

/// Allocates the results and says where each tensor of the family goes.
class Plan {
public:
    Plan(const ModelFile& file, Weights& weights)
        : m_file(file), m_weights(weights), m_config(weights.config) {
        const Config& c = m_config;
        m_weights.embedding = matrix("token_embd.weight", c.vocabulary, c.width);
        m_weights.head = m_weights.embedding;
        if (!c.isTied) {
            m_weights.head = matrix("output.weight", c.vocabulary, c.width);
        }
        m_weights.outputNorm = vector("output_norm.weight", c.width);
        m_weights.ropeFrequencies = floats({c.headWidth / 2});
        if (file.find("rope_freqs.weight") != nullptr) {
            add("rope_freqs.weight", {{c.headWidth / 2}, m_weights.ropeFrequencies});
        }
        for (std::int64_t layer = 0; layer < c.layers; ++layer) {
            m_weights.layers.push_back(planLayer("blk." + std::to_string(layer) + "."));
        }
        for (const FileTensor& tensor : file.tensors()) {
            if (!m_slots.contains(tensor.name)) {
                refuseWeights(file.path(), file.tensorWords(tensor.name), "present",
                              "only tensors of the family " + c.family);
            }
        }
    }

    [[nodiscard]] const Slots& slots() const { return m_slots; }

private:
    LayerWeights planLayer(const std::string& block) {
        const Config& c = m_config;
        const std::int64_t queryRows = c.heads * c.headWidth;
        const std::int64_t keyRows = c.kvHeads * c.headWidth;
        const bool isInterleaved = m_file.hasInterleavedRows();
        LayerWeights layer;
        layer.attentionNorm = vector(block + "attn_norm.weight", c.width);
        const std::vector<std::int64_t> query{queryRows, c.width};
        const std::vector<std::int64_t> key{keyRows, c.width};
        // The shapes are checked before the memory for them is asked for.
        check(block + "attn_q.weight", query);
        check(block + "attn_k.weight", key);
        check(block + "attn_v.weight", key);
        layer.qkv = values({queryRows + 2 * keyRows, c.width});
        add(block + "attn_q.weight", {query, layer.qkv, 0, isInterleaved ? c.heads : 0});
        add(block + "attn_k.weight", {key, layer.qkv, queryRows, isInterleaved ? c.kvHeads : 0});
        add(block + "attn_v.weight", {key, layer.qkv, queryRows + keyRows});
        if (c.hasQkvBias) {
            layer.qkvBias = floats({queryRows + 2 * keyRows});
            add(block + "attn_q.bias", {{queryRows}, layer.qkvBias.narrow(0, 0, queryRows)});
            add(block + "attn_k.bias", {{keyRows}, layer.qkvBias.narrow(0, queryRows, keyRows)});
            add(block + "attn_v.bias",
                {{keyRows}, layer.qkvBias.narrow(0, queryRows + keyRows, keyRows)});
        }
        if (c.hasQkNorm) {
            layer.queryNorm = vector(block + "attn_q_norm.weight", c.headWidth);
            layer.keyNorm = vector(block + "attn_k_norm.weight", c.headWidth);
        }
        layer.output = matrix(block + "attn_output.weight", c.width, queryRows);
        layer.feedForwardNorm = vector(block + "ffn_norm.weight", c.width);
        const std::vector<std::int64_t> up{c.feedForward, c.width};
        check(block + "ffn_gate.weight", up);
        check(block + "ffn_up.weight", up);
        layer.gateUp = values({2 * c.feedForward, c.width});
        add(block + "ffn_gate.weight", {up, layer.gateUp});
        add(block + "ffn_up.weight", {up, layer.gateUp, c.feedForward});
        layer.down = matrix(block + "ffn_down.weight", c.width, c.feedForward);
        return layer;
    }

    [[nodiscard]] at::Tensor values(at::IntArrayRef shape) {
        return m_pages.empty(shape,
                             m_weights.dtype == Dtype::BFloat16 ? at::kBFloat16 : at::kFloat);
    }

    static at::Tensor floats(at::IntArrayRef shape) { return at::empty(shape, at::kFloat); }

    at::Tensor matrix(const std::string& name, std::int64_t rows, std::int64_t columns) {
        check(name, {rows, columns});
        const at::Tensor into = values({rows, columns});
        add(name, {{rows, columns}, into});
        return into;
    }

    at::Tensor vector(const std::string& name, std::int64_t length) {
        check(name, {length});
        const at::Tensor into = floats({length});
        add(name, {{length}, into});
        return into;
    }

    void check(const std::string& name, const std::vector<std::int64_t>& shape) const {
        const FileTensor* tensor = m_file.find(name);
        if (tensor == nullptr) {
            refuseWeights(m_file.path(), m_file.tensorWords(name), "missing", shapeText(shape));
        }
        if (tensor->shape != shape) {
            refuseWeights(m_file.path(), m_file.tensorWords(name), shapeText(tensor->shape),
                          shapeText(shape));
        }
    }

    void add(const std::string& name, Slot slot) {
        check(name, slot.shape);
        m_slots.emplace(name, std::move(slot));
    }

    const ModelFile& m_file;
    Weights& m_weights;
    const Config& m_config;
    Slots m_slots;
    WeightPages m_pages;
};

/// Unpacks a tensor of the file into its rows; false when a value is not finite.
bool unpackInto(const FileTensor& tensor, const Slot& slot) {
    const std::int64_t columns = slot.columns();
    const std::size_t rowBytes = tensor.bytes / static_cast<std::size_t>(slot.rows());
    const bool isBfloat16 = slot.into.scalar_type() == at::kBFloat16;
    auto* const into = static_cast<std::uint8_t*>(slot.into.mutable_data_ptr());
    std::vector<float> row(static_cast<std::size_t>(columns));
    bool allFinite = true;
    for (std::int64_t i = 0; i < slot.rows(); ++i) {
        unpack(tensor.type, tensor.data + static_cast<std::size_t>(i) * rowBytes, columns,
               row.data());
        allFinite = isFinite(row.data(), columns) && allFinite;
        const std::int64_t at = slot.target(i) * columns;
        if (isBfloat16) {
            roundToBfloat16(row.data(), columns, reinterpret_cast<std::uint16_t*>(into) + at);
        } else {
            std::copy(row.begin(), row.end(), reinterpret_cast<float*>(into) + at);
        }
    }
    return allFinite;
}

/// What decides how the tensors are used. The name and the context length do not.
std::string canonicalConfig(const Config& c) {
    const auto bits = [](float value) {
        return std::to_string(std::bit_cast<std::uint32_t>(value));
    };
    const auto number = [](std::int64_t value) { return std::to_string(value); };
    return "family " + c.family + "\nlayers " + number(c.layers) + "\nwidth " + number(c.width) +
           "\nheads " + number(c.heads) + "\nkv_heads " + number(c.kvHeads) + "\nhead_width " +
           number(c.headWidth) + "\nfeed_forward " + number(c.feedForward) + "\nvocabulary " +
           number(c.vocabulary) + "\nnorm_epsilon_bits " + bits(c.normEpsilon) +
           "\nrope_base_bits " + bits(c.ropeBase) + "\n" +
           (c.ropeScale == 1.0f ? "" : "rope_scale_bits " + bits(c.ropeScale) + "\n");
}

void addTensor(Sha256& hash, const std::string& name, const Slot& slot) {
    hash.add(name + " " + shapeText(slot.shape) + "\n");
    const std::int64_t begin = slot.firstRow * slot.columns();
    const std::int64_t count = slot.rows() * slot.columns();
    if (slot.into.scalar_type() == at::kBFloat16) {
        hash.add(static_cast<const std::uint16_t*>(slot.into.const_data_ptr()) + begin,
                 static_cast<std::size_t>(count) * 2);
        return;
    }
    const float* const values = slot.into.const_data_ptr<float>() + begin;
    std::vector<std::uint16_t> rounded(1 << 16);
    const auto step = static_cast<std::int64_t>(rounded.size());
    for (std::int64_t i = 0; i < count; i += step) {
        const std::int64_t taken = std::min(step, count - i);
        roundToBfloat16(values + i, taken, rounded.data());
        hash.add(rounded.data(), static_cast<std::size_t>(taken) * 2);
    }
}

/// ropeFrequencies from base and scale; what it holds already are the file's divisors, if it has
/// any.
void finishRope(const ModelFile& file, Weights& weights) {
    float* const frequencies = weights.ropeFrequencies.mutable_data_ptr<float>();
    const bool hasDivisors = file.find("rope_freqs.weight") != nullptr;
    const std::int64_t half = weights.config.headWidth / 2;
    for (std::int64_t i = 0; i < half; ++i) {
        const double divisor = hasDivisors ? frequencies[i] : 1.0;
        if (divisor <= 0.0) {
            refuseWeights(file.path(), "a value of " + file.tensorWords("rope_freqs.weight"),
                          std::to_string(divisor), "above 0");
        }
        const double exponent = static_cast<double>(i) / static_cast<double>(half);
        frequencies[i] =
            static_cast<float>(std::pow(static_cast<double>(weights.config.ropeBase), -exponent) /
                               divisor / static_cast<double>(weights.config.ropeScale));
    }
}

} // namespace

std::shared_ptr<const Weights> Weights::load(const ModelFile& file, Dtype dtype) {
    auto weights = std::make_shared<Weights>();
    weights->config = readConfig(file);
    weights->dtype = dtype;
    const Plan plan(file, *weights);
    Sha256 hash;
    hash.add(canonicalConfig(weights->config));
    for (const auto& [name, slot] : plan.slots()) {
        if (!unpackInto(*file.find(name), slot)) {
            refuseWeights(file.path(), "a value of " + file.tensorWords(name), "not finite",
                          "a number");
        }
        addTensor(hash, name, slot);
    }
    finishRope(file, *weights);
    weights->sha256 = hash.digest();
    return weights;
}

} // namespace engine::model
