// A model file that may be anything: the bytes as they are, and as changes to a sound file. Only
// Error may come out.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "engine/error.h"
#include "engine/model/gguf.h"
#include "engine/model/tokenizer.h"
#include "engine/model/weights.h"
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
        Weights::load(*file, Dtype::BFloat16);
    } catch (const engine::Error&) {
    }
}

/// Each three bytes of the input change a place in the head of the tiny model's file; some numbers
/// are likelier to hurt.
std::string changed(const std::uint8_t* data, std::size_t size) {
    static const std::string sound = tests::tinyModelBytes(1);
    constexpr std::size_t kHead = 6200;
    constexpr std::uint64_t kNumbers[] = {0,        1,          31,        65536,
                                          1u << 31, UINT32_MAX, INT64_MAX, UINT64_MAX};
    std::string bytes = sound;
    for (; size >= 3; data += 3, size -= 3) {
        const std::size_t at = (data[0] | std::size_t{data[1]} << 8) % kHead;
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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    load(std::string(reinterpret_cast<const char*>(data), size));
    load(changed(data, size));
    return 0;
}
