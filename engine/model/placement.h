#pragma once
/// Where a model's weights lie. Its sessions compute there, and what they keep lies there too.

#include <memory>

#include "engine/model/session.h"

namespace engine::model {

/// A copy of the model on CUDA device `number`, which kernels::openCuda has opened. Int8
/// weights become bf16 there. Throws NoMemory when the weights find no room.
std::shared_ptr<const Model> onCuda(const Model& model, int number);

} // namespace engine::model
