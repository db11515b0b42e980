#pragma once
/// LibTorch's OpenMP threads as the floor's team.

#include "engine/kernels/cpu.h"

namespace engine::kernels {

/// As many threads as at::get_num_threads() says. Called from inside a parallel region, it runs
/// everything on the calling thread.
extern const cpu::Team kTeam;

} // namespace engine::kernels
