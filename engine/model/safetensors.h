#pragma once
/// The safetensors container: a JSON header with names, types and ranges, then the values.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/model_file.h"

namespace engine::model {

struct Safetensors {
    std::map<std::string, std::string> metadata;
    std::vector<FileTensor> tensors; ///< names as stored, in the order of their places
};

/// Checks the header and takes it apart; the tensors view `bytes`. Throws BadWeights naming `file`,
/// tensor, found and expected: a header above 100 MB or beyond the end, broken JSON, a key twice,
/// fields missing or unknown, a type other than F32, F16 and BF16, a shape without 1 to 4
/// dimensions of at least 1, a range that is not shape × type, holes, overlaps, bytes left over.
Safetensors readSafetensors(std::string_view bytes, const std::string& file);

} // namespace engine::model
