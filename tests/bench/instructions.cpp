/// Work for tests/bench/instructions.sh, which counts the instructions that it takes: one kernel of
/// the CPU's floor, or the tokenizer. Links no LibTorch, so that callgrind sees little else.
///
///     instructions                list of the names
///     instructions NAME FILE...   does it once and prints for how many tokens; INFOLIO_ISA chooses
///
/// Sizes are those of the default model; `tokenize` takes the model and a text.

#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "engine/kernels/cpu.h"
#include "engine/kernels/cpu_decode.h"
#include "engine/model/model_file.h"
#include "engine/model/tokenizer.h"

using namespace engine::kernels;

namespace {

constexpr std::int64_t kRows = 256, kHeads = 9, kGroups = 3, kWidth = 64, kModelWidth = 576,
                       kFeedForward = 1536;
constexpr std::int64_t kProjected = (kHeads + 2 * kGroups) * kWidth; ///< of a row's q, k and v

using Half = std::uint16_t;

/// bf16 values between -2 and 2, from a linear congruence.
std::vector<Half> halves(std::int64_t count) {
    std::vector<Half> values(static_cast<std::size_t>(count));
    std::uint32_t state = 1;
    for (Half& value : values) {
        state = state * 1664525u + 1013904223u;
        const float x = static_cast<float>(state >> 8) / 4194304.0f - 2.0f;
        std::uint32_t bits = 0;
        std::memcpy(&bits, &x, sizeof bits);
        value = static_cast<Half>(bits >> 16);
    }
    return values;
}

std::vector<float> floats(std::int64_t count, float value) {
    return std::vector<float>(static_cast<std::size_t>(count), value);
}

void serial(std::int64_t tasks, void (*body)(void*, std::int64_t), void* context) {
    for (std::int64_t task = 0; task < tasks; ++task) {
        body(context, task);
    }
}

void alone(void (*body)(void*, std::int64_t, std::int64_t), void* context) {
    body(context, 0, 1);
}

constexpr cpu::Team kSerial = [] {
    cpu::Team team{};
    team.run = serial;
    team.together = alone;
    team.yield = [] {};
    return team;
}();

struct Aligned {
    void operator()(std::uint32_t* words) const { std::free(words); }
};
std::unique_ptr<std::uint32_t, Aligned> scratchOf(std::int64_t words) {
    const std::size_t bytes = (static_cast<std::size_t>(words) * 4 + 63) / 64 * 64;
    return std::unique_ptr<std::uint32_t, Aligned>(
        static_cast<std::uint32_t*>(std::aligned_alloc(64, bytes)));
}

} // namespace

/// What is counted: the script names this function to callgrind.
extern "C" __attribute__((noinline)) void measured(const std::function<void()>& work) {
    work();
}

namespace {

std::int64_t attention() {
    const std::vector<Half> qkv = halves(kRows * kProjected);
    const std::vector<float> turn = floats(kRows * kWidth / 2, 0.7f),
                             memory = floats(kGroups * kWidth * kWidth, 0.5f),
                             norm = floats(kGroups * kWidth, 3.0f), gates = floats(kHeads, 0.06f);
    std::vector<Half> out(static_cast<std::size_t>(kRows * kHeads * kWidth));
    const auto heads = [&](std::int64_t first) {
        return cpu::Heads{qkv.data() + first * kWidth, kProjected, kWidth};
    };
    cpu::Attention task{};
    task.element = cpu::Element::BFloat16;
    task.rows = task.keys = kRows;
    task.heads = kHeads;
    task.groups = kGroups;
    task.width = kWidth;
    task.query = heads(0);
    task.key = heads(kHeads);
    task.value = heads(kHeads + kGroups);
    task.queryTurn = task.keyTurn = {turn.data(), turn.data()};
    task.scale = 0.125f;
    task.read.memory = memory.data();
    task.read.norm = norm.data();
    task.read.gates = gates.data();
    task.read.query = heads(0);
    task.read.element = cpu::Element::BFloat16;
    task.read.features = kWidth;
    task.read.epsilon = 1e-10f;
    task.out = out.data();
    const auto scratch = scratchOf(cpu::best().attentionScratch(task));
    task.scratch = scratch.get();
    measured([&] { cpu::best().attention(task, kSerial); });
    return kRows;
}

std::int64_t memoryWrite() {
    const std::vector<Half> qkv = halves(kRows * kProjected);
    std::vector<float> memory = floats(kGroups * kWidth * kWidth, 0),
                       norm = floats(kGroups * kWidth, 0);
    cpu::MemoryWrite task{};
    task.element = task.keyElement = cpu::Element::BFloat16;
    task.rows = kRows;
    task.groups = kGroups;
    task.features = task.width = kWidth;
    task.key = {qkv.data() + kHeads * kWidth, kProjected, kWidth};
    task.value = {qkv.data() + (kHeads + kGroups) * kWidth, kProjected, kWidth};
    task.memory = memory.data();
    task.norm = norm.data();
    const auto scratch = scratchOf(cpu::best().memoryWriteScratch(task));
    task.scratch = scratch.get();
    measured([&] { cpu::best().memoryWrite(task, kSerial); });
    return kRows;
}

std::int64_t rmsNorm() {
    std::vector<float> x = floats(kRows * kModelWidth, 0.5f);
    const std::vector<float> weight = floats(kModelWidth, 1.5f);
    const std::vector<Half> add = halves(kRows * kModelWidth);
    std::vector<Half> out(static_cast<std::size_t>(kRows * kModelWidth));
    cpu::RmsNorm task{};
    task.element = cpu::Element::BFloat16;
    task.rows = kRows;
    task.width = kModelWidth;
    task.x = x.data();
    task.add = add.data();
    task.weight = weight.data();
    task.epsilon = 1e-5f;
    task.out = out.data();
    measured([&] { cpu::best().rmsNorm(task, kSerial); });
    return kRows;
}

std::int64_t siluMultiply() {
    const std::vector<Half> gateUp = halves(kRows * 2 * kFeedForward);
    std::vector<Half> out(static_cast<std::size_t>(kRows * kFeedForward));
    cpu::SiluMultiply task{};
    task.element = cpu::Element::BFloat16;
    task.rows = kRows;
    task.width = kFeedForward;
    task.gateUp = gateUp.data();
    task.out = out.data();
    measured([&] { cpu::best().siluMultiply(task, kSerial); });
    return kRows;
}

/// One token through one layer, over a window of 1,024.
std::int64_t decodeStep(bool isInt8) {
    constexpr std::int64_t kWindow = 1024;
    const std::vector<Half> values = halves(kFeedForward * 2 * kModelWidth);
    // Scale and offset of every group: 2^-5 and 0.
    std::vector<Half> groups(values.size() / 16, 0);
    for (std::size_t i = 0; i < groups.size(); i += 2) {
        groups[i] = 0x2800;
    }
    const auto matrix = [&](std::int64_t outputs, std::int64_t inputs) {
        return cpu::Matrix{values.data(), isInt8 ? groups.data() : nullptr, outputs, inputs};
    };
    const std::vector<float> ones = floats(kModelWidth, 1), turn = floats(kWidth / 2, 0.7f),
                             memory = floats(kGroups * kWidth * kWidth, 0.5f),
                             norm = floats(kGroups * kWidth, 3), gates = floats(kHeads, 0.06f);
    cpu::DecodeLayer layer{};
    layer.attentionNorm = layer.feedForwardNorm = ones.data();
    layer.qkv = matrix(kProjected, kModelWidth);
    layer.output = matrix(kModelWidth, kHeads * kWidth);
    layer.gateUp = matrix(2 * kFeedForward, kModelWidth);
    layer.down = matrix(kModelWidth, kFeedForward);
    layer.memory = memory.data();
    layer.norm = norm.data();
    layer.gates = gates.data();
    std::vector<Half> keys = halves(kGroups * kWindow * kWidth), cached = keys;
    const cpu::Cache cache{keys.data(), cached.data(), kWindow};
    const std::int64_t position = kWindow - 1;
    std::vector<float> x = floats(kModelWidth, 0.5f);
    cpu::DecodeStep step{};
    step.element = cpu::Element::BFloat16;
    step.threads = step.sequences = step.layers = 1;
    step.width = kModelWidth;
    step.heads = kHeads;
    step.groups = kGroups;
    step.headWidth = kWidth;
    step.feedForward = kFeedForward;
    step.normEpsilon = 1e-5f;
    step.memoryEpsilon = 1e-10f;
    step.scale = 0.125f;
    step.layer = &layer;
    step.caches = &cache;
    step.positions = &position;
    step.cosines = step.sines = turn.data();
    step.x = x.data();
    const auto scratch = scratchOf(cpu::best().decode.scratch(step));
    step.scratch = scratch.get();
    measured([&] { cpu::best().decode.step(step, kSerial); });
    return 1;
}

std::int64_t tokenize(const std::string& model, const std::string& path) {
    const auto tokenizer = engine::model::Tokenizer::load(*engine::model::ModelFile::open(model));
    std::ifstream file(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    std::size_t tokens = 0;
    measured([&] { tokens = tokenizer->encode(text).size(); });
    return static_cast<std::int64_t>(tokens);
}

} // namespace

int main(int count, char** arguments) {
    const std::string name = count > 1 ? arguments[1] : "";
    std::int64_t tokens = 0;
    if (name == "attention") {
        tokens = attention();
    } else if (name == "memory_write") {
        tokens = memoryWrite();
    } else if (name == "rms_norm") {
        tokens = rmsNorm();
    } else if (name == "silu_multiply") {
        tokens = siluMultiply();
    } else if (name == "decode_step") {
        tokens = decodeStep(false);
    } else if (name == "decode_int8") {
        tokens = decodeStep(true);
    } else if (name == "tokenize" && count == 4) {
        tokens = tokenize(arguments[2], arguments[3]);
    } else {
        std::printf("attention memory_write rms_norm silu_multiply decode_step decode_int8\n");
        return name.empty() ? 0 : 2;
    }
    std::printf("%lld %s\n", static_cast<long long>(tokens), cpu::best().name);
    return tokens > 0 ? 0 : 1;
}
