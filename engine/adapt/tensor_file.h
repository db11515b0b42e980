#pragma once
/// Writes safetensors, the container of adapters and checkpoints; engine/model/safetensors.h reads
/// them.

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/model_file.h"

namespace engine::adapt {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// The bytes of a file of fp32 tensors; those of other dtypes are converted.
std::string safetensorsBytes(const std::map<std::string, std::string>& metadata,
                             const NamedTensors& tensors);
/// A copy of a stored tensor in fp32.
at::Tensor tensorOf(const model::FileTensor& tensor);

/// Puts a file in place of the one that may be there: either the old or the new bytes are there,
/// whatever happens. Throws CannotWrite; DiskFull.
void replaceFile(const std::string& path, const std::string& bytes);

} // namespace engine::adapt
