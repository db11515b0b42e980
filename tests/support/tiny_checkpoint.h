#pragma once
/// The tiny model as a checkpoint of Hugging Face's libraries: the same values under other names.

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>

#include "tests/support/safetensors_writer.h"

namespace tests {

/// The files before they are written, so that a test can change them.
struct TinyCheckpoint {
    nlohmann::json config, tokenizer;
    SafetensorsFile weights;

    /// config.json, tokenizer.json and model.safetensors by name.
    [[nodiscard]] std::map<std::string, std::string> files() const;
    /// The same with the tensors spread over two shards and an index.
    [[nodiscard]] std::map<std::string, std::string> shardedFiles() const;
};

/// The checkpoint of tinyModel(seed, family): tied, fp32, q and k rows in rotate-half order.
TinyCheckpoint tinyCheckpoint(std::uint64_t seed, const std::string& family = "llama");

/// tokenizer.json for the same tables as tinyTokenizer(), splitting as smollm.
nlohmann::json tinyTokenizerJson();

} // namespace tests
