#pragma once
/// The dev set read with a memory adapter: the segments behind a needle are a few distinct ones,
/// whose mean stands for all.

#include <memory>

#include "engine/adapt/dev_reader.h"
#include "engine/adapt/student.h"

namespace engine::adapt {

/// `student` must outlive the result.
std::unique_ptr<DevReader> infiniDevReader(const Student& student);

} // namespace engine::adapt
