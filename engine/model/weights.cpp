#include "engine/model/weights.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "engine/error.h"
#include "engine/model/bad_weights.h"
#include "engine/model/dequantize.h"
#include "engine/model/model_file.h"
#include "engine/model/quantize.h"
#include "engine/model/sha256.h"
#include "engine/model/weight_pages.h"

namespace engine::model {

namespace {

/// Where one tensor of the file goes: `rows` rows of a result that may hold several.
struct Slot {
    std::vector<std::int64_t> shape; ///< that the file must give
    kernels::Matrix into;            ///< or a vector of fp32
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

/// The file is sound, but what it holds does not fit into int8.
[[noreturn]] void refuseInt8(const ModelFile& file, const std::string& name,
                             const std::string& why) {
    throw Error(Code::BadWeights, file.path() + ": " + file.tensorWords(name) + " " + why +
                                      "; use this model with bf16 weights");
}

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
            add("rope_freqs.weight", {{c.headWidth / 2}, {m_weights.ropeFrequencies}});
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
        layer.qkv = values(block + "attn_q.weight", queryRows + 2 * keyRows, c.width);
        add(block + "attn_q.weight", {query, layer.qkv, 0, isInterleaved ? c.heads : 0});
        add(block + "attn_k.weight", {key, layer.qkv, queryRows, isInterleaved ? c.kvHeads : 0});
        add(block + "attn_v.weight", {key, layer.qkv, queryRows + keyRows});
        if (c.hasQkvBias) {
            layer.qkvBias = floats({queryRows + 2 * keyRows});
            add(block + "attn_q.bias", {{queryRows}, {layer.qkvBias.narrow(0, 0, queryRows)}});
            add(block + "attn_k.bias", {{keyRows}, {layer.qkvBias.narrow(0, queryRows, keyRows)}});
            add(block + "attn_v.bias",
                {{keyRows}, {layer.qkvBias.narrow(0, queryRows + keyRows, keyRows)}});
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
        layer.gateUp = values(block + "ffn_gate.weight", 2 * c.feedForward, c.width);
        add(block + "ffn_gate.weight", {up, layer.gateUp});
        add(block + "ffn_up.weight", {up, layer.gateUp, c.feedForward});
        layer.down = matrix(block + "ffn_down.weight", c.width, c.feedForward);
        return layer;
    }

    /// `name` is that of the first tensor that goes there.
    [[nodiscard]] kernels::Matrix values(const std::string& name, std::int64_t rows,
                                         std::int64_t columns) {
        switch (m_weights.dtype) {
        case Dtype::BFloat16:
            return {m_pages.empty({rows, columns}, at::kBFloat16)};
        case Dtype::Float32:
            return {m_pages.empty({rows, columns}, at::kFloat)};
        case Dtype::Int8:
            break;
        }
        if (columns % kGroupValues != 0) {
            refuseInt8(m_file, name,
                       "has rows of " + std::to_string(columns) +
                           " values, and int8 weights come in groups of " +
                           std::to_string(kGroupValues));
        }
        return {m_pages.empty({rows, columns}, at::kChar),
                m_pages.empty({rows, columns / kGroupValues, 2}, at::kHalf)};
    }

    static at::Tensor floats(at::IntArrayRef shape) { return at::empty(shape, at::kFloat); }

    kernels::Matrix matrix(const std::string& name, std::int64_t rows, std::int64_t columns) {
        check(name, {rows, columns});
        const kernels::Matrix into = values(name, rows, columns);
        add(name, {{rows, columns}, into});
        return into;
    }

    at::Tensor vector(const std::string& name, std::int64_t length) {
        check(name, {length});
        const at::Tensor into = floats({length});
        add(name, {{length}, {into}});
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

/// Writes one row of a tensor, of which `row` are the values and `packed` the bytes; false when
/// int8 cannot hold it.
bool storeRow(TensorType type, const std::uint8_t* packed, const std::vector<float>& row,
              const kernels::Matrix& into, std::int64_t target) {
    const auto columns = static_cast<std::int64_t>(row.size());
    const std::int64_t at = target * columns;
    void* const values = into.values.mutable_data_ptr();
    if (into.isInt8()) {
        auto* const q = static_cast<std::int8_t*>(values) + at;
        auto* const groups =
            static_cast<std::uint16_t*>(into.groups.mutable_data_ptr()) + at / kGroupValues * 2;
        if (!isGrouped(type)) {
            return quantize(row.data(), columns, q, groups);
        }
        unpackGroups(type, packed, columns, q, groups);
    } else if (into.values.scalar_type() == at::kBFloat16) {
        roundToBfloat16(row.data(), columns, static_cast<std::uint16_t*>(values) + at);
    } else {
        std::copy(row.begin(), row.end(), static_cast<float*>(values) + at);
    }
    return true;
}

void unpackInto(const ModelFile& file, const std::string& name, const Slot& slot) {
    const FileTensor& tensor = *file.find(name);
    const std::int64_t columns = slot.columns();
    const std::size_t rowBytes = tensor.bytes / static_cast<std::size_t>(slot.rows());
    std::vector<float> row(static_cast<std::size_t>(columns));
    for (std::int64_t i = 0; i < slot.rows(); ++i) {
        const std::uint8_t* const packed = tensor.data + static_cast<std::size_t>(i) * rowBytes;
        unpack(tensor.type, packed, columns, row.data());
        if (!isFinite(row.data(), columns)) {
            refuseWeights(file.path(), "a value of " + file.tensorWords(name), "not finite",
                          "a number");
        }
        if (!storeRow(tensor.type, packed, row, slot.into, slot.target(i))) {
            refuseInt8(file, name, "has values too large for the scales of int8 weights");
        }
    }
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
    constexpr std::int64_t step = 1 << 16; ///< values whose bf16 are held at a time
    hash.add(name + " " + shapeText(slot.shape) + "\n");
    const kernels::Matrix& from = slot.into;
    const bool isVector = slot.shape.size() == 1;
    const std::int64_t rowsAtOnce = std::max<std::int64_t>(1, step / slot.columns());
    std::vector<std::uint16_t> rounded;
    for (std::int64_t i = 0; i < slot.rows(); i += rowsAtOnce) {
        const std::int64_t rows = std::min(rowsAtOnce, slot.rows() - i);
        const auto count = static_cast<std::size_t>(rows * slot.columns());
        const at::Tensor values =
            isVector ? from.values : kernels::widened(from.rows(slot.firstRow + i, rows));
        const auto* bits = static_cast<const std::uint16_t*>(values.const_data_ptr());
        if (values.scalar_type() == at::kFloat) {
            rounded.resize(count);
            roundToBfloat16(values.const_data_ptr<float>(), static_cast<std::int64_t>(count),
                            rounded.data());
            bits = rounded.data();
        }
        hash.add(bits, count * sizeof *bits);
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
        unpackInto(file, name, slot);
        addTensor(hash, name, slot);
    }
    finishRope(file, *weights);
    weights->sha256 = hash.digest();
    return weights;
}

std::int64_t Weights::bytes() const {
    const bool isTied = head.values.is_same(embedding.values);
    std::int64_t sum = embedding.bytes() + (isTied ? 0 : head.bytes());
    const auto add = [&](const at::Tensor& tensor) {
        sum += tensor.defined() ? static_cast<std::int64_t>(tensor.nbytes()) : 0;
    };
    add(outputNorm);
    add(ropeFrequencies);
    for (const LayerWeights& layer : layers) {
        sum += layer.qkv.bytes() + layer.output.bytes() + layer.gateUp.bytes() + layer.down.bytes();
        for (const at::Tensor& tensor : {layer.attentionNorm, layer.qkvBias, layer.queryNorm,
                                         layer.keyNorm, layer.feedForwardNorm}) {
            add(tensor);
        }
    }
    return sum;
}

} // namespace engine::model
