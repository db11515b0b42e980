#include "tests/support/cuda_fibers.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

namespace emulation {

Block block;

namespace {

constexpr std::size_t kStackBytes = 64 * 1024;

std::string failure;
std::set<Site> metSites;

std::string where() {
    return "block (" + std::to_string(block.index.x) + ", " + std::to_string(block.index.y) + ", " +
           std::to_string(block.index.z) + ")";
}

void runFiber() {
    block.run(block.arguments);
    current().isDone = true;
    _longjmp(block.scheduler, 1);
}

void start(Fiber& fiber) {
    fiber.isStarted = true;
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = kStackBytes;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, runFiber, 0);
    setcontext(&fiber.context);
}

bool canProceed(const Fiber& fiber) {
    return !fiber.isDone && (fiber.waitsFor == nullptr || *fiber.waitsFor != fiber.seen);
}

void resume(unsigned index) {
    block.current = index;
    if (_setjmp(block.scheduler) != 0) {
        return;
    }
    Fiber& fiber = current();
    fiber.waitsFor = nullptr;
    if (!fiber.isStarted) {
        start(fiber);
    }
    _longjmp(fiber.position, 1);
}

std::string deadlock() {
    const auto& fibers = *block.fibers;
    const auto waits = [](const Fiber& fiber) { return !fiber.isDone; };
    const auto waiting = std::count_if(fibers.begin(), fibers.end(), waits);
    return where() + ": " + std::to_string(waiting) + " threads wait and " +
           std::to_string(static_cast<std::ptrdiff_t>(fibers.size()) - waiting) +
           " have ended; the first waits at " +
           std::find_if(fibers.begin(), fibers.end(), waits)->place;
}

/// Runs the warp's lanes in turn, at most `rounds` times each; false when none could proceed.
bool runWarp(unsigned warp, const std::vector<unsigned>& lanes, unsigned rounds, unsigned& left) {
    bool hasProceeded = false, isStuck = false;
    for (unsigned round = 0; round < rounds && !isStuck && failure.empty(); ++round) {
        isStuck = true;
        for (const unsigned lane : lanes) {
            const unsigned index = warp * kLanes + lane;
            if (!failure.empty() || !canProceed((*block.fibers)[index])) {
                continue;
            }
            isStuck = false;
            hasProceeded = true;
            resume(index);
            left -= (*block.fibers)[index].isDone ? 1 : 0;
        }
    }
    return hasProceeded;
}

/// A warp runs on until it is stuck, or in the random schedule for a random while, so that warps
/// drift as far apart as the barriers let them.
void runBlock(std::mt19937& random) {
    const unsigned threads = static_cast<unsigned>(block.fibers->size());
    std::vector<unsigned> warps(threads / kLanes), lanes(kLanes);
    std::iota(warps.begin(), warps.end(), 0u);
    std::iota(lanes.begin(), lanes.end(), 0u);
    const Schedule schedule = settings().schedule;
    if (schedule == Schedule::Reverse) {
        std::reverse(warps.begin(), warps.end());
        std::reverse(lanes.begin(), lanes.end());
    }
    unsigned left = threads;
    while (left > 0 && failure.empty()) {
        bool hasProceeded = false;
        if (schedule == Schedule::Random) {
            std::shuffle(warps.begin(), warps.end(), random);
        }
        for (const unsigned warp : warps) {
            unsigned rounds = std::numeric_limits<unsigned>::max();
            if (schedule == Schedule::Random) {
                std::shuffle(lanes.begin(), lanes.end(), random);
                rounds = 1 + random() % 64;
            }
            hasProceeded = runWarp(warp, lanes, rounds, left) || hasProceeded;
        }
        if (!hasProceeded && failure.empty()) {
            failure = deadlock();
        }
    }
}

/// Runs one block from the start, with shared memory as a device might leave it.
void runBlockFrom(std::vector<unsigned char>& memory, std::mt19937& random) {
    block.warps.assign(block.fibers->size() / kLanes, {});
    block.arrived = 0;
    for (Fiber& fiber : *block.fibers) {
        fiber.isStarted = fiber.isDone = false;
        fiber.waitsFor = nullptr;
        fiber.collectives = 0;
        fiber.groups = 0;
        fiber.copies.clear();
    }
    std::fill(memory.begin(), memory.end(), kGuardByte);
    std::memset(block.shared, kNanByte, block.sharedBytes);
    runBlock(random);
    if (failure.empty() &&
        !(isIntact(block.shared - kGuardBytes) && isIntact(block.shared + block.sharedBytes))) {
        failure = where() + ": a write outside the dynamic shared memory of " +
                  std::to_string(block.sharedBytes) + " bytes";
    }
}

std::vector<unsigned> orderOfBlocks(unsigned count, std::mt19937& random) {
    std::vector<unsigned> order(count);
    std::iota(order.begin(), order.end(), 0u);
    if (settings().schedule == Schedule::Reverse) {
        std::reverse(order.begin(), order.end());
    } else if (settings().schedule == Schedule::Random) {
        std::shuffle(order.begin(), order.end(), random);
    }
    return order;
}

} // namespace

bool isIntact(const unsigned char* guard) {
    return std::all_of(guard, guard + kGuardBytes, [](unsigned char c) { return c == kGuardByte; });
}

void fail(const std::string& sentence) {
    if (failure.empty()) {
        failure = where() + ", thread " + std::to_string(block.current) + ": " + sentence;
    }
    _longjmp(block.scheduler, 1);
}

void waitUntilPassed(const std::uint64_t& generation, const std::string& place) {
    Fiber& fiber = current();
    fiber.waitsFor = &generation;
    fiber.seen = generation;
    fiber.place = place;
    if (_setjmp(fiber.position) == 0) {
        _longjmp(block.scheduler, 1);
    }
}

Site siteOf(const char* file, int line) {
    const std::string path = file;
    return path.substr(path.rfind('/') + 1) + ":" + std::to_string(line);
}

bool enter(const Site& site) {
    metSites.insert(site);
    return settings().droppedSite != site;
}

Settings& settings() {
    static Settings instance;
    return instance;
}

std::set<Site> takeSites() {
    return std::exchange(metSites, {});
}

} // namespace emulation

namespace engine::kernels::device {

using namespace emulation;

InfolioCudaStatus runBlocks(Index grid, unsigned threads, std::size_t sharedBytes,
                            void (*run)(const void*), const void* arguments) {
    static std::vector<Fiber> fibers;
    failure.clear();
    if (fibers.size() != threads) {
        fibers = std::vector<Fiber>(threads);
        for (Fiber& fiber : fibers) {
            fiber.stack = std::make_unique<unsigned char[]>(kStackBytes);
        }
    }
    std::mt19937 random(settings().seed);
    std::vector<unsigned char> memory(sharedBytes + 2 * kGuardBytes + 128);
    auto* const begin = memory.data() + kGuardBytes;
    block.shared = begin + (128 - reinterpret_cast<std::uintptr_t>(begin) % 128) % 128;
    block.sharedBytes = sharedBytes;
    block.fibers = &fibers;
    block.run = run;
    block.arguments = arguments;
    for (const unsigned i : orderOfBlocks(grid.x * grid.y * grid.z, random)) {
        block.index = {i % grid.x, i / grid.x % grid.y, i / grid.x / grid.y};
        runBlockFrom(memory, random);
        if (!failure.empty()) {
            return {kInfolioCudaFailed, failure.c_str()};
        }
    }
    return {kInfolioCudaDone, ""};
}

} // namespace engine::kernels::device
