#pragma once
/// A checkpoint as Hugging Face's libraries write it: safetensors, in one file or in shards with an
/// index, beside config.json and tokenizer.json. Its tensors get GGUF's names.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/model/model_file.h"

namespace engine::model {

class Checkpoint : public ModelFile {
public:
    /// `path` is a folder, or the one .safetensors file in it that holds all tensors. Throws as
    /// ModelFile::open does.
    static std::shared_ptr<const Checkpoint> open(const std::string& path);

    /// Files of a folder, by name.
    using Files = std::map<std::string, std::string_view>;
    /// The same checks on bytes in memory that outlive the result (tests, fuzzing); the tensors are
    /// taken from model.safetensors, else from the shards that model.safetensors.index.json names.
    static std::shared_ptr<const Checkpoint> parse(const Files& files, const std::string& name);
};

} // namespace engine::model
