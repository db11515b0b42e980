#include "engine/kernels/team.h"

#include <ATen/Parallel.h>
#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <atomic>

namespace engine::kernels {

namespace {

void run(std::int64_t tasks, void (*body)(void* context, std::int64_t task), void* context) {
    std::atomic<std::int64_t> next = 0;
    at::parallel_for(0, std::min<std::int64_t>(tasks, at::get_num_threads()), 1,
                     [&](std::int64_t, std::int64_t) {
                         for (std::int64_t task = next++; task < tasks; task = next++) {
                             body(context, task);
                         }
                     });
}

void together(void (*body)(void* context, std::int64_t thread, std::int64_t threads),
              void* context) {
    if (at::in_parallel_region() || at::get_num_threads() == 1) {
        body(context, 0, 1);
        return;
    }
#pragma omp parallel
    {
        const c10::ParallelGuard guard(true);
        body(context, omp_get_thread_num(), omp_get_num_threads());
    }
}

void yield() {
    sched_yield();
}

} // namespace

const cpu::Team kTeam{run, together, yield};

} // namespace engine::kernels
