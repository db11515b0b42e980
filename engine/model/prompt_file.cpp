#include "engine/model/prompt_file.h"

#include <algorithm>

#include "engine/model/bad_weights.h"
#include "engine/model/mapped_file.h"
#include "engine/model/sha256.h"
#include "engine/model/trained_file.h"

namespace engine::model {

namespace {

constexpr const char* kFormat = "infolio-prompt";
/// Files of version 1 do not tell whether the learned vectors are carried too; none was published.
constexpr const char* kVersion = "2";
constexpr std::int64_t kMostVectors = 1024;
constexpr std::int64_t kMostRank = 1024;

} // namespace

std::shared_ptr<const PromptFile> PromptFile::load(const std::string& path,
                                                   const Weights& weights) {
    return parse(MappedFile::open(path)->bytes(), path, weights);
}

std::shared_ptr<const PromptFile> PromptFile::parse(std::string_view bytes, const std::string& path,
                                                    const Weights& weights) {
    TrainedFile file(bytes, path, weights);
    auto result = std::make_shared<PromptFile>();
    result->baseName = file.readKind(kFormat, kVersion);
    Prompt& prompt = result->prompt;
    const std::string& method = file.field("method");
    if (method != nameOf(Mode::Rmt) && method != nameOf(Mode::Autocompressor)) {
        file.refuse("field method", "\"" + shown(method) + "\"", "rmt or autocompressor");
    }
    prompt.method = modeFromName(method);
    file.demandSizes();
    const Config& config = weights.config;
    const std::int64_t most =
        std::clamp<std::int64_t>((config.contextTokens - 1) / 2, 1, kMostVectors);
    const auto p = file.number<std::int64_t>("p", 1, most);
    result->rank = file.number<std::int64_t>("rank", 1, kMostRank);
    result->alpha = file.number<double>("alpha", 1e-6, 1e6);
    result->segmentTokens = file.segment();
    result->engineVersion = file.text("engine");
    result->dataSha256 = file.hash("data_sha256");
    prompt.texts = file.texts();
    result->steps = file.number<std::int64_t>("steps", 0, INT64_MAX);
    result->seed = file.number<std::int64_t>("seed", 0, INT64_MAX);
    result->perplexityWithMemory = file.number<double>("ppl_memory", 1, 1e9);
    result->perplexityZeroed = file.number<double>("ppl_zeroed", 1, 1e9);
    result->passkey = file.text("passkey");
    result->license = file.text("license");

    const std::int64_t L = config.layers, E = config.width, r = result->rank,
                       queries = config.heads * config.headWidth,
                       keys = config.kvHeads * config.headWidth;
    prompt.deltaScale = result->alpha / static_cast<double>(r);
    prompt.vectors = file.take("vectors", {p, E}, false);
    prompt.outputNorm = file.take("output_norm", {E}, false);
    prompt.query = {file.take("q_down", {L, r, E}, true), file.take("q_up", {L, queries, r}, true)};
    prompt.key = {file.take("k_down", {L, r, E}, true), file.take("k_up", {L, keys, r}, true)};
    prompt.value = {file.take("v_down", {L, r, E}, true), file.take("v_up", {L, keys, r}, true)};
    file.requireNoMore("a prompt");
    Sha256 hash;
    hash.add(bytes);
    prompt.sha256 = hash.digest();
    return result;
}

bool PromptFile::isOne(const std::string& path) {
    const auto file = MappedFile::open(path);
    const Safetensors stored = readSafetensors(file->bytes(), path);
    const auto format = stored.metadata.find("format");
    return format != stored.metadata.end() && format->second == kFormat;
}

} // namespace engine::model
