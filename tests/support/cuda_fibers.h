#pragma once
/// The fibers behind tests/support/cuda_emulation.h: a block of threads, where they wait, and what
/// the lanes of a warp exchange. One block runs at a time.

#include "tests/support/cuda_emulation.h"

#include <array>
#include <csetjmp>
#include <cstddef>
#include <memory>
#include <string>
#include <ucontext.h>
#include <vector>

namespace emulation {

constexpr std::size_t kGuardBytes = 256;
constexpr unsigned char kGuardByte = 0xA5;
constexpr unsigned char kNanByte = 0xFF; ///< NaN as bf16 and as fp32
constexpr unsigned kLanes = 32;

enum class Instruction { None, Shuffle, Ldmatrix, Mma, WarpBarrier };

struct Meeting {
    Instruction instruction = Instruction::None;
    int line = 0;
    bool operator==(const Meeting&) const = default;
};

/// What the lanes of a warp bring to an instruction and take from it. Two slots in turn: a lane
/// can be at most one instruction ahead of another.
struct Slot {
    unsigned arrived = 0;
    std::uint64_t generation = 0;
    Meeting meeting;
    std::array<const void*, kLanes> address{};
    std::array<std::array<std::uint32_t, 10>, kLanes> in{};
    std::array<std::array<std::uint32_t, 4>, kLanes> out{};
};

struct Warp {
    std::array<Slot, 2> slots;
};

struct Copy {
    unsigned char* target;
    const void* source;
    bool isThere;
    int group;
};

struct Fiber {
    ucontext_t context{};
    jmp_buf position{};
    std::unique_ptr<unsigned char[]> stack;
    bool isStarted = false, isDone = false;
    unsigned collectives = 0;
    const std::uint64_t* waitsFor = nullptr; ///< a generation that must pass `seen`
    std::uint64_t seen = 0;
    std::string place;
    std::vector<Copy> copies;
    int groups = 0;
};

struct Block {
    std::vector<Fiber>* fibers = nullptr;
    std::vector<Warp> warps;
    unsigned current = 0;
    engine::kernels::device::Index index{};
    unsigned arrived = 0;
    std::uint64_t generation = 0;
    std::string barrier;
    unsigned char* shared = nullptr;
    std::size_t sharedBytes = 0;
    void (*run)(const void*) = nullptr;
    const void* arguments = nullptr;
    jmp_buf scheduler{};
};

extern Block block;

bool isIntact(const unsigned char* guard); ///< kGuardBytes of kGuardByte

/// Ends the launch: nothing of the block runs any more.
[[noreturn]] void fail(const std::string& sentence);

/// The calling thread of the block goes on when `generation` has changed.
void waitUntilPassed(const std::uint64_t& generation, const std::string& place);

Site siteOf(const char* file, int line);
/// Notes the place; false where it was dropped on purpose.
bool enter(const Site& site);

inline Fiber& current() {
    return (*block.fibers)[block.current];
}

/// All lanes of the warp bring their input; the last one computes for all.
template <class Bring, class Compute>
Slot& collect(Meeting meeting, const char* name, Bring bring, Compute compute) {
    Fiber& fiber = current();
    Warp& warp = block.warps[block.current / kLanes];
    Slot& slot = warp.slots[fiber.collectives++ % 2];
    if (slot.arrived == 0) {
        slot.meeting = meeting;
    } else if (!(slot.meeting == meeting)) {
        fail(std::string(name) + " in line " + std::to_string(meeting.line) +
             " meets lanes of its warp in line " + std::to_string(slot.meeting.line));
    }
    bring(slot, block.current % kLanes);
    if (++slot.arrived < kLanes) {
        waitUntilPassed(slot.generation, std::string(name) + " of warp " +
                                             std::to_string(block.current / kLanes) + " in line " +
                                             std::to_string(meeting.line));
        return slot;
    }
    slot.arrived = 0;
    ++slot.generation;
    compute(slot);
    return slot;
}

} // namespace emulation
