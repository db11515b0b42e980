// Stored memories as any program might have written them: only BadSnapshot may come out.

#include <ATen/ops/zeros.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/error.h"
#include "engine/model/snapshot.h"
#include "tests/fuzz/seeds.h"

using namespace engine::model;

namespace {

class NoTokenizer : public Tokenizer {
public:
    [[nodiscard]] std::vector<Token> encode(std::string_view) const override { return {}; }
    [[nodiscard]] std::string decode(const std::vector<std::int32_t>&) const override { return {}; }
    [[nodiscard]] std::string_view bytesOf(std::int32_t) const override { return {}; }
    [[nodiscard]] std::int32_t control(std::string_view) const override { return -1; }
    [[nodiscard]] std::int32_t beginToken() const override { return -1; }
    [[nodiscard]] std::int64_t vocabulary() const override { return 10; }
    [[nodiscard]] std::vector<std::int32_t> stopTokens() const override { return {}; }
    [[nodiscard]] const std::string& sha256() const override { return m_sha256; }

private:
    std::string m_sha256 = "t";
};

Model smallModel() {
    auto weights = std::make_shared<Weights>();
    weights->config.layers = weights->config.heads = weights->config.kvHeads = 1;
    weights->config.headWidth = 2;
    weights->config.vocabulary = 10;
    weights->config.contextTokens = 64;
    weights->embedding = {at::zeros({10, 2}, at::kBFloat16)}; // says where states lie
    weights->sha256 = "w";
    Model model;
    model.adapter = Adapter::untrained(weights->config);
    model.weights = weights;
    model.tokenizer = std::make_shared<NoTokenizer>();
    return model;
}

/// The same with two vectors for rmt.
Model rmtModel() {
    Model model = smallModel();
    auto prompt = std::make_shared<Prompt>();
    prompt->vectors = at::zeros({2, 2}, at::kFloat);
    model.prompt = prompt;
    return model;
}

SnapshotHeader expectedHeader(const char* mode) {
    SnapshotHeader header;
    header.mode = mode;
    header.segmentTokens = 8;
    header.weightsSha256 = "w";
    header.adapterSha256 = "none";
    header.tokenizerSha256 = "t";
    return header;
}

void load(const Model& model, const SnapshotHeader& expected, const std::string& bytes) {
    try {
        const LoadedSnapshot loaded = loadSnapshot(model, expected, bytes);
        // What was accepted must be what was stored; but a cache goes on in the model's own type.
        if (!loaded.state.cache.hasLayers() &&
            saveSnapshot(model, loaded.header, loaded.state) != bytes) {
            std::abort();
        }
    } catch (const engine::Error& error) {
        if (error.code() != engine::Code::BadSnapshot) {
            std::abort();
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int* argumentCount, char*** arguments) {
    const Model model = smallModel();
    std::vector<std::string> seeds;
    for (const char* mode : {"infini-linear", "infini-delta", "local", "xl", "compressive"}) {
        ReadingState state = ReadingState::empty(model, modeFromName(mode), 8);
        state.pending = {3, 1, 4};
        state.tokens = 3;
        const std::string stored = saveSnapshot(model, expectedHeader(mode), state);
        seeds.push_back(stored);
        // As it is before it is sealed: the checksum is put behind it again.
        seeds.push_back(stored.substr(0, stored.size() - kSha256Bytes));
    }
    const Model rmt = rmtModel();
    ReadingState carried = ReadingState::empty(rmt, Mode::Rmt, 8);
    carried.vectors = rmt.prompt->vectors;
    carried.tokens = 8;
    carried.segments = 1;
    const std::string carriedBytes = saveSnapshot(rmt, expectedHeader("rmt"), carried);
    seeds.push_back(carriedBytes.substr(0, carriedBytes.size() - kSha256Bytes));
    seeds.emplace_back(24, '\0');
    fuzz::addSeeds(*argumentCount, *arguments, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Model model = smallModel(), rmt = rmtModel();
    static const SnapshotHeader infini = expectedHeader("infini-linear"),
                                delta = expectedHeader("infini-delta"),
                                local = expectedHeader("local"), xl = expectedHeader("xl"),
                                compressive = expectedHeader("compressive"),
                                carried = expectedHeader("rmt");
    const std::string input(reinterpret_cast<const char*>(data), size);
    load(model, infini, input);
    // Sealed, so that what lies behind the checksums is reached: a header with any numbers, then
    // any memory.
    const std::string whole = input + sha256Bytes(input);
    for (const SnapshotHeader* header : {&infini, &delta, &local, &xl, &compressive}) {
        load(model, *header, whole);
    }
    load(rmt, carried, whole);
    ReadingState state;
    state.memory = Memory::empty(model.weights->config, *model.adapter);
    std::string stored = saveSnapshot(model, infini, state);
    stored.resize(stored.size() - kSha256Bytes);
    constexpr std::size_t kValues = 4 * (2 * 2 + 2);
    if (size >= kValues) {
        stored.resize(stored.size() - kValues - sizeof(std::uint32_t));
        const std::string values = input.substr(0, kValues);
        const std::uint32_t sum = crc32c(values);
        stored += values;
        stored.append(reinterpret_cast<const char*>(&sum), sizeof sum);
        load(model, infini, stored + sha256Bytes(stored));
    }
    return 0;
}
