#pragma once
/// The GGUF container: one file with keys, tensors and the tokenizer's tables.

#include <memory>
#include <string>
#include <string_view>

#include "engine/model/model_file.h"

namespace engine::model {

class Gguf : public ModelFile {
public:
    /// Throws as ModelFile::open does.
    static std::shared_ptr<const Gguf> open(const std::string& path);
    /// The same checks on bytes in memory that outlive the result (tests, fuzzing).
    static std::shared_ptr<const Gguf> parse(std::string_view bytes, const std::string& name);
};

} // namespace engine::model
