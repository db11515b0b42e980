#pragma once
/// The dev set read with recurrent prompts: every segment behind a needle is really read.

#include <memory>

#include "engine/adapt/dev_reader.h"
#include "engine/adapt/prompt_student.h"

namespace engine::adapt {

/// `student` must outlive the result. Depths must ascend.
std::unique_ptr<DevReader> promptDevReader(const PromptStudent& student);

} // namespace engine::adapt
