#include "engine/model/adapter_file.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <vector>

#include "engine/model/bad_weights.h"
#include "engine/model/dequantize.h"
#include "engine/model/mapped_file.h"
#include "engine/model/safetensors.h"
#include "engine/model/sha256.h"

namespace engine::model {

namespace {

constexpr std::int64_t kMostFeatures = 1024;
constexpr std::int64_t kMostRank = 1024;
constexpr std::size_t kLongestText = 4096;

class AdapterReader {
public:
    AdapterReader(std::string_view bytes, const std::string& path, const Weights& weights)
        : m_path(path), m_weights(weights), m_config(weights.config),
          m_stored(readSafetensors(bytes, path)) {
        for (const FileTensor& tensor : m_stored.tensors) {
            m_left.emplace(tensor.name, &tensor);
        }
    }

    AdapterFile read() {
        readKind();
        readSizes();
        readHistory();
        readTensors();
        if (!m_left.empty()) {
            refuse("tensor " + shown(m_left.begin()->first), "present",
                   "only tensors of an adapter");
        }
        return std::move(m_result);
    }

private:
    [[noreturn]] void refuse(const std::string& what, const std::string& found,
                             const std::string& expected) const {
        refuseWeights(m_path, what, found, expected);
    }

    [[nodiscard]] const std::string& field(const std::string& name) const {
        const auto found = m_stored.metadata.find(name);
        if (found == m_stored.metadata.end()) {
            refuse("field " + name, "missing", "a text of __metadata__");
        }
        return found->second;
    }

    void demand(const std::string& name, const std::string& expected) const {
        if (field(name) != expected) {
            refuse("field " + name, "\"" + shown(field(name)) + "\"", "\"" + expected + "\"");
        }
    }

    template <typename T> [[nodiscard]] T number(const std::string& name, T least, T most) const {
        const std::string& text = field(name);
        T value{};
        const char* const end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data(), end, value);
        // Written so that a NaN is refused.
        if (error != std::errc() || stopped != end || !(value >= least && value <= most)) {
            refuse("field " + name, "\"" + shown(text) + "\"",
                   "a number from " + std::to_string(least) + " to " + std::to_string(most));
        }
        return value;
    }

    [[nodiscard]] std::string text(const std::string& name) const {
        const std::string& found = field(name);
        if (found.empty() || found.size() > kLongestText) {
            refuse("field " + name, std::to_string(found.size()) + " bytes long",
                   "1 to " + std::to_string(kLongestText));
        }
        return found;
    }

    [[nodiscard]] std::string hash(const std::string& name) const {
        const std::string& found = field(name);
        if (found.size() != 64 || found.find_first_not_of("0123456789abcdef") != found.npos) {
            refuse("field " + name, "\"" + shown(found) + "\"", "64 hexadecimal digits");
        }
        return found;
    }

    void readKind() {
        demand("format", "infolio-adapter");
        demand("version", "1");
        m_result.baseName = text("base_name");
        if (hash("base_sha256") != m_weights.sha256) {
            refuse("field base_sha256",
                   field("base_sha256") + " (" + shown(m_result.baseName) + ")",
                   m_weights.sha256 + " (" + m_config.name + "), the model that is in use");
        }
        demand("feature_map", "elu1");
        m_result.rule = field("rule");
        if (m_result.rule != "linear" && m_result.rule != "delta") {
            refuse("field rule", "\"" + shown(m_result.rule) + "\"", "linear or delta");
        }
    }

    void readSizes() {
        demand("L", std::to_string(m_config.layers));
        demand("E", std::to_string(m_config.width));
        demand("H", std::to_string(m_config.heads));
        demand("G", std::to_string(m_config.kvHeads));
        demand("d", std::to_string(m_config.headWidth));
        Adapter& adapter = m_result.adapter;
        adapter.features = number<std::int64_t>("f", 1, kMostFeatures);
        adapter.epsilon = number<double>("eps", 1e-30, 1e-3);
        readLayers();
        m_result.rank = number<std::int64_t>("rank", 1, kMostRank);
        m_result.alpha = number<double>("alpha", 1e-6, 1e6);
        m_result.segmentTokens =
            number<std::int64_t>("segment", 64, std::max<std::int64_t>(64, m_config.contextTokens));
        if (m_result.segmentTokens % 64 != 0) {
            refuse("field segment", field("segment"), "a multiple of 64");
        }
    }

    /// "15-24": the first and the last memory layer, counted from 0.
    void readLayers() {
        const std::string& found = field("layers");
        const char* const end = found.data() + found.size();
        std::int64_t first = -1, last = -1;
        const auto begun = std::from_chars(found.data(), end, first);
        if (begun.ec == std::errc() && begun.ptr != end && *begun.ptr == '-') {
            const auto ended = std::from_chars(begun.ptr + 1, end, last);
            last = ended.ec == std::errc() && ended.ptr == end ? last : -1;
        }
        if (first < 0 || last < first || last >= m_config.layers) {
            refuse("field layers", "\"" + shown(found) + "\"",
                   "first-last, within 0-" + std::to_string(m_config.layers - 1));
        }
        m_result.adapter.firstLayer = first;
        m_result.adapter.lastLayer = last;
    }

    /// Hashes between spaces, optional: data_sha256 covers them, in order and a line each.
    void readTexts() {
        const auto found = m_stored.metadata.find("texts");
        if (found == m_stored.metadata.end()) {
            return;
        }
        constexpr std::size_t kDigits = 64;
        const std::string& all = found->second;
        Sha256 covered;
        for (std::size_t i = 0; i < all.size(); i += kDigits + 1) {
            const std::string one = all.substr(i, kDigits);
            covered.add(one + "\n");
            m_result.adapter.texts.push_back(one);
        }
        if (covered.digest() != m_result.dataSha256) {
            refuse("field texts", std::to_string(m_result.adapter.texts.size()) + " hashes",
                   "those that data_sha256 covers");
        }
    }

    /// What is told of the training; nothing is computed with it.
    void readHistory() {
        m_result.engineVersion = text("engine");
        m_result.dataSha256 = hash("data_sha256");
        readTexts();
        m_result.steps = number<std::int64_t>("steps", 0, INT64_MAX);
        m_result.seed = number<std::int64_t>("seed", 0, INT64_MAX);
        m_result.perplexityWithMemory = number<double>("ppl_memory", 1, 1e9);
        m_result.perplexityZeroed = number<double>("ppl_zeroed", 1, 1e9);
        m_result.passkey = text("passkey");
        m_result.license = text("license");
    }

    void readTensors() {
        Adapter& adapter = m_result.adapter;
        const std::int64_t l = adapter.layers(), E = m_config.width, H = m_config.heads,
                           G = m_config.kvHeads, d = m_config.headWidth, f = adapter.features,
                           r = m_result.rank;
        adapter.deltaScale = m_result.alpha / static_cast<double>(r);
        adapter.beta = take("beta", {l, H});
        if (m_left.contains("beta_pos")) {
            adapter.betaPosition = take("beta_pos", {l, H});
        }
        adapter.queryFeature = take("q_feature", {l, H, f, d});
        adapter.queryBias = take("q_bias", {l, H, f});
        adapter.keyFeature = take("k_feature", {l, G, f, d});
        adapter.keyBias = take("k_bias", {l, G, f});
        adapter.writeU = take("write_u", {l, G, E});
        adapter.writeC = take("write_c", {l, G});
        adapter.query = {takeLowRank("q_down", {l, r, E}), takeLowRank("q_up", {l, H * d, r})};
        adapter.key = {takeLowRank("k_down", {l, r, E}), takeLowRank("k_up", {l, G * d, r})};
        adapter.value = {takeLowRank("v_down", {l, r, E}), takeLowRank("v_up", {l, G * d, r})};
        if (m_left.contains("o_down") || m_left.contains("o_up")) {
            adapter.output = {takeLowRank("o_down", {l, r, H * d}), takeLowRank("o_up", {l, E, r})};
        }
    }

    at::Tensor take(const std::string& name, const std::vector<std::int64_t>& shape) {
        return takeAny(name, shape, false);
    }

    at::Tensor takeLowRank(const std::string& name, const std::vector<std::int64_t>& shape) {
        return takeAny(name, shape, true);
    }

    at::Tensor takeAny(const std::string& name, const std::vector<std::int64_t>& shape,
                       bool mayBeBfloat16) {
        const auto found = m_left.find(name);
        if (found == m_left.end()) {
            refuse("tensor " + name, "missing", shapeText(shape));
        }
        const FileTensor& tensor = *found->second;
        if (tensor.shape != shape) {
            refuse("tensor " + name, shapeText(tensor.shape), shapeText(shape));
        }
        if (tensor.type != TensorType::F32 && !(mayBeBfloat16 && tensor.type == TensorType::BF16)) {
            refuse("the type of tensor " + name, tensor.type == TensorType::F16 ? "F16" : "BF16",
                   mayBeBfloat16 ? "F32 or BF16" : "F32");
        }
        at::Tensor values = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
        unpack(tensor.type, tensor.data, values.numel(), values.mutable_data_ptr<float>());
        if (!isFinite(values.const_data_ptr<float>(), values.numel())) {
            refuse("a value of tensor " + name, "not finite", "a number");
        }
        m_left.erase(found);
        return values;
    }

    const std::string& m_path;
    const Weights& m_weights;
    const Config& m_config;
    const Safetensors m_stored;
    std::map<std::string, const FileTensor*> m_left; ///< tensors that were not taken yet
    AdapterFile m_result;
};

} // namespace

std::shared_ptr<const AdapterFile> AdapterFile::load(const std::string& path,
                                                     const Weights& weights) {
    return parse(MappedFile::open(path)->bytes(), path, weights);
}

bool AdapterFile::isFor(const std::string& path, const Weights& weights) {
    const auto file = MappedFile::open(path);
    const Safetensors stored = readSafetensors(file->bytes(), path);
    const auto base = stored.metadata.find("base_sha256");
    return base != stored.metadata.end() && base->second == weights.sha256;
}

std::shared_ptr<const AdapterFile>
AdapterFile::parse(std::string_view bytes, const std::string& path, const Weights& weights) {
    auto file = std::make_shared<AdapterFile>(AdapterReader(bytes, path, weights).read());
    Sha256 hash;
    hash.add(bytes);
    file->adapter.sha256 = hash.digest();
    return file;
}

} // namespace engine::model
