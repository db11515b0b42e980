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

constexpr cpu::Team kSerial = [] {
    cpu::Team team{};
    team.run = serial;
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
    task.element = cpu::Element::BFloat16;
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
    } else if (name == "tokenize" && count == 4) {
        tokens = tokenize(arguments[2], arguments[3]);
    } else {
        std::printf("attention memory_write rms_norm silu_multiply\n");
        return name.empty() ? 0 : 2;
    }
    std::printf("%lld %s\n", static_cast<long long>(tokens), cpu::best().name);
    return tokens > 0 ? 0 : 1;
}
