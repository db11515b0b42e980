#pragma once
/// Where a model's weights lie. Its sessions compute there, and what they keep lies there too.

#include <memory>

#include "engine/model/session.h"

namespace engine::model {

/// A copy of the model on CUDA device `number`, which kernels::openCuda has opened. Throws NoMemory
/// when its weights find no room there.
std::shared_ptr<const Model> onCuda(const Model& model, int number);

} // namespace engine::model
