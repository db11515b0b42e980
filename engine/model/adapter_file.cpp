#include "engine/model/adapter_file.h"

#include <charconv>
#include <utility>
#include <vector>

#include "engine/model/bad_weights.h"
#include "engine/model/mapped_file.h"
#include "engine/model/sha256.h"
#include "engine/model/trained_file.h"

namespace engine::model {

namespace {

constexpr std::int64_t kMostFeatures = 1024;
constexpr std::int64_t kMostRank = 1024;

class AdapterReader {
public:
    AdapterReader(std::string_view bytes, const std::string& path, const Weights& weights)
        : m_config(weights.config), m_file(bytes, path, weights) {}

    AdapterFile read() {
        readKind();
        readSizes();
        readHistory();
        readTensors();
        m_file.requireNoMore("an adapter");
        return std::move(m_result);
    }

private:
    void readKind() {
        m_result.baseName = m_file.readKind("infolio-adapter", "1");
        m_file.demand("feature_map", "elu1");
        const std::string& rule = m_result.adapter.rule = m_file.field("rule");
        if (rule != "linear" && rule != "delta") {
            m_file.refuse("field rule", "\"" + shown(rule) + "\"", "linear or delta");
        }
    }

    void readSizes() {
        m_file.demandSizes();
        Adapter& adapter = m_result.adapter;
        adapter.features = m_file.number<std::int64_t>("f", 1, kMostFeatures);
        adapter.epsilon = m_file.number<double>("eps", 1e-30, 1e-3);
        readLayers();
        m_result.rank = m_file.number<std::int64_t>("rank", 1, kMostRank);
        m_result.alpha = m_file.number<double>("alpha", 1e-6, 1e6);
        adapter.segmentTokens = m_file.segment();
    }

    /// "15-24": the first and the last memory layer, counted from 0.
    void readLayers() {
        const std::string& found = m_file.field("layers");
        const char* const end = found.data() + found.size();
        std::int64_t first = -1, last = -1;
        const auto begun = std::from_chars(found.data(), end, first);
        if (begun.ec == std::errc() && begun.ptr != end && *begun.ptr == '-') {
            const auto ended = std::from_chars(begun.ptr + 1, end, last);
            last = ended.ec == std::errc() && ended.ptr == end ? last : -1;
        }
        if (first < 0 || last < first || last >= m_config.layers) {
            m_file.refuse("field layers", "\"" + shown(found) + "\"",
                          "first-last, within 0-" + std::to_string(m_config.layers - 1));
        }
        m_result.adapter.firstLayer = first;
        m_result.adapter.lastLayer = last;
    }

    /// What is told of the training; nothing is computed with it.
    void readHistory() {
        m_result.engineVersion = m_file.text("engine");
        m_result.dataSha256 = m_file.hash("data_sha256");
        m_result.adapter.texts = m_file.texts();
        m_result.steps = m_file.number<std::int64_t>("steps", 0, INT64_MAX);
        m_result.seed = m_file.number<std::int64_t>("seed", 0, INT64_MAX);
        m_result.perplexityWithMemory = m_file.number<double>("ppl_memory", 1, 1e9);
        m_result.perplexityZeroed = m_file.number<double>("ppl_zeroed", 1, 1e9);
        m_result.passkey = m_file.text("passkey");
        m_result.license = m_file.text("license");
    }

    void readTensors() {
        Adapter& adapter = m_result.adapter;
        const std::int64_t l = adapter.layers(), E = m_config.width, H = m_config.heads,
                           G = m_config.kvHeads, d = m_config.headWidth, f = adapter.features,
                           r = m_result.rank;
        adapter.deltaScale = m_result.alpha / static_cast<double>(r);
        adapter.beta = take("beta", {l, H});
        if (m_file.has("beta_pos")) {
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
        if (m_file.has("o_down") || m_file.has("o_up")) {
            adapter.output = {takeLowRank("o_down", {l, r, H * d}), takeLowRank("o_up", {l, E, r})};
        }
    }

    at::Tensor take(const std::string& name, const std::vector<std::int64_t>& shape) {
        return m_file.take(name, shape, false);
    }

    at::Tensor takeLowRank(const std::string& name, const std::vector<std::int64_t>& shape) {
        return m_file.take(name, shape, true);
    }

    const Config& m_config;
    TrainedFile m_file;
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
