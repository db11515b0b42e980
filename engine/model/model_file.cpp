#include "engine/model/model_file.h"

#include <filesystem>

#include "engine/model/checkpoint.h"
#include "engine/model/gguf.h"

namespace engine::model {

std::shared_ptr<const ModelFile> ModelFile::open(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error) || path.ends_with(".safetensors")) {
        return Checkpoint::open(path);
    }
    return Gguf::open(path);
}

} // namespace engine::model
