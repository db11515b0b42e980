// A model file that may be anything: the bytes as they are, and as changes to a sound file. Only
// Error may come out.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/model/gguf.h"
#include "engine/model/tokenizer.h"
#include "engine/model/weights.h"
#include "tests/fuzz/seeds.h"
#include "tests/support/tiny_model.h"

namespace {

void load(const std::string& bytes) {
    using namespace engine::model;
    try {
        const auto file = Gguf::parse(bytes, "fuzz.gguf");
        try {
            Tokenizer::load(*file);
        } catch (const engine::Error&) {
        }
        for (const Dtype dtype : {Dtype::BFloat16, Dtype::Int8}) {
            Weights::load(*file, dtype);
        }
    } catch (const engine::Error&) {
    }
}

constexpr const char* kFamilies[] = {"llama", "qwen2", "qwen3"};

/// A tiny model's file and the length of its head.
struct Sound {
    std::string bytes;
    std::size_t head;

    explicit Sound(const char* family) : bytes(tests::tinyModel(1, family).bytes()) {
        const auto file = engine::model::Gguf::parse(bytes, "tiny.gguf");
        head = static_cast<std::size_t>(reinterpret_cast<const char*>(file->tensors()[0].data) -
                                        bytes.data());
    }
};

/// The first byte of the input chooses a tiny model; each three bytes behind it change a place in
/// the head of that model's file; some numbers are likelier to hurt.
std::string changed(const std::uint8_t* data, std::size_t size) {
    static const Sound all[] = {Sound(kFamilies[0]), Sound(kFamilies[1]), Sound(kFamilies[2])};
    const Sound& sound = all[size == 0 ? 0 : data[0] % std::size(all)];
    data += size == 0 ? 0 : 1;
    size -= size == 0 ? 0 : 1;
    constexpr std::uint64_t kNumbers[] = {0,        1,          31,        65536,
                                          1u << 31, UINT32_MAX, INT64_MAX, UINT64_MAX};
    std::string bytes = sound.bytes;
    for (; size >= 3; data += 3, size -= 3) {
        const std::size_t at = (data[0] | std::size_t{data[1]} << 8) % (sound.head - 8);
        if (data[1] < 128) {
            bytes[at] = static_cast<char>(data[2]);
        } else {
            std::memcpy(&bytes[at], &kNumbers[data[2] % 8], data[2] & 8 ? 4 : 8);
        }
    }
    if (size == 2) {
        bytes.resize(std::min(bytes.size(), data[0] | std::size_t{data[1]} << 8));
    }
    return bytes;
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int* argumentCount, char*** arguments) {
    std::vector<std::string> seeds;
    for (const char* family : kFamilies) {
        tests::GgufFile file = tests::tinyModel(1, family);
        seeds.push_back(file.bytes());
        // Short enough to be changed everywhere: all keys, and no more than two tensors.
        file.tensors.resize(2);
        file.tensors[0].dimensions = {4, 2};
        file.tensors[0].data.resize(32);
        file.tensors[1].dimensions = {4};
        file.tensors[1].data.resize(16);
        seeds.push_back(file.bytes());
        file.set("tokenizer.ggml.tokens", std::vector<std::string>{"a", "b", "ab"});
        file.set("tokenizer.ggml.token_type", std::vector<std::int32_t>{1, 1, 1});
        file.set("tokenizer.ggml.merges", std::vector<std::string>{"a b"});
        seeds.push_back(file.bytes());
    }
    fuzz::addSeeds(*argumentCount, *arguments, seeds);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    load(std::string(reinterpret_cast<const char*>(data), size));
    load(changed(data, size));
    return 0;
}
