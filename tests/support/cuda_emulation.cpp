#include "tests/support/cuda_emulation.h"

#include <algorithm>
#include <array>
#include <csetjmp>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <sstream>
#include <ucontext.h>
#include <utility>
#include <vector>

namespace {

using emulation::Fault;
using emulation::Schedule;

constexpr std::size_t kStackBytes = 64 * 1024;
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

Block block;
std::string failure;
std::map<const unsigned char*, std::size_t> buffers;

std::set<emulation::Site>& metSites() {
    static std::set<emulation::Site> sites;
    return sites;
}

Fiber& current() {
    return (*block.fibers)[block.current];
}

void leave(Fiber& fiber) {
    if (_setjmp(fiber.position) == 0) {
        _longjmp(block.scheduler, 1);
    }
}

/// Ends the launch: nothing of the block runs any more.
[[noreturn]] void fail(const std::string& sentence) {
    if (failure.empty()) {
        failure = "block (" + std::to_string(block.index.x) + ", " + std::to_string(block.index.y) +
                  ", " + std::to_string(block.index.z) + "), thread " +
                  std::to_string(block.current) + ": " + sentence;
    }
    _longjmp(block.scheduler, 1);
}

void waitUntilPassed(const std::uint64_t& generation, const std::string& place) {
    Fiber& fiber = current();
    fiber.waitsFor = &generation;
    fiber.seen = generation;
    fiber.place = place;
    leave(fiber);
}

emulation::Site siteOf(const char* file, int line) {
    const std::string path = file;
    return path.substr(path.rfind('/') + 1) + ":" + std::to_string(line);
}

/// Notes the place; false where it was dropped on purpose.
bool enter(const emulation::Site& site) {
    metSites().insert(site);
    return emulation::settings().droppedSite != site;
}

void checkAccess(const void* pointer, const char* what) {
    const auto* p = static_cast<const unsigned char*>(pointer);
    if (reinterpret_cast<std::uintptr_t>(p) % 16 != 0) {
        fail(std::string(what) + " at an address that is no multiple of 16");
    }
    if (p >= block.shared && p + 16 <= block.shared + block.sharedBytes) {
        return;
    }
    auto after = buffers.upper_bound(p);
    if (after == buffers.begin() || p + 16 > std::prev(after)->first + std::prev(after)->second) {
        fail(std::string(what) + " outside shared memory and every buffer");
    }
}

void checkShared(const void* pointer, const char* what) {
    checkAccess(pointer, what);
    const auto* p = static_cast<const unsigned char*>(pointer);
    if (p < block.shared || p + 16 > block.shared + block.sharedBytes) {
        fail(std::string(what) + " outside shared memory");
    }
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

std::uint16_t halfOf(std::uint32_t word, unsigned which) {
    return static_cast<std::uint16_t>(which == 0 ? word : word >> 16);
}
float valueOf(std::uint16_t bits) {
    return engine::kernels::device::floatOfBits(static_cast<std::uint32_t>(bits) << 16);
}

void loadMatrices(Slot& slot, unsigned matrices, bool isTransposed) {
    for (unsigned lane = 0; lane < kLanes; ++lane) {
        for (unsigned m = 0; m < matrices; ++m) {
            std::array<std::uint16_t, 2> pair{};
            for (unsigned k = 0; k < 2; ++k) {
                const unsigned row = isTransposed ? 2 * (lane % 4) + k : lane / 4;
                const unsigned column = isTransposed ? lane / 4 : 2 * (lane % 4) + k;
                std::memcpy(&pair[k],
                            static_cast<const std::uint16_t*>(slot.address[m * 8 + row]) + column,
                            2);
            }
            slot.out[lane][m] = pair[0] | static_cast<std::uint32_t>(pair[1]) << 16;
        }
    }
}

template <unsigned kMatrices>
void ldmatrix(std::uint32_t (&r)[kMatrices], const void* row, bool isTransposed, int line) {
    const unsigned lane = block.current % kLanes;
    if (lane < kMatrices * 8) {
        checkShared(row, "ldmatrix");
    }
    const Slot& slot = collect(
        {Instruction::Ldmatrix, line}, "ldmatrix", [&](Slot& s, unsigned l) { s.address[l] = row; },
        [&](Slot& s) { loadMatrices(s, kMatrices, isTransposed); });
    std::copy_n(slot.out[lane].begin(), kMatrices, r);
}

void multiplyFragments(Slot& slot) {
    const Fault fault = emulation::settings().fault;
    float a[16][16], b[16][8], c[16][8];
    for (unsigned lane = 0; lane < kLanes; ++lane) {
        const unsigned i = lane / 4, j = 2 * (lane % 4);
        for (unsigned k = 0; k < 2; ++k) {
            for (unsigned r = 0; r < 4; ++r) {
                const unsigned second = fault == Fault::SwappedRowsOfA ? r / 2 : r % 2;
                const unsigned third = fault == Fault::SwappedRowsOfA ? r % 2 : r / 2;
                a[i + 8 * second][j + k + 8 * third] = valueOf(halfOf(slot.in[lane][r], k));
            }
            for (unsigned r = 0; r < 2; ++r) {
                const unsigned half = fault == Fault::SwappedColumnsOfB ? 1 - r : r;
                b[j + k + 8 * half][i] = valueOf(halfOf(slot.in[lane][4 + r], k));
            }
            for (unsigned r = 0; r < 2; ++r) {
                c[i + 8 * r][j + k] =
                    engine::kernels::device::floatOfBits(slot.in[lane][6 + 2 * r + k]);
            }
        }
    }
    for (unsigned m = 0; m < 16; ++m) {
        for (unsigned k = 0; k < 16; ++k) {
            for (unsigned n = 0; n < 8; ++n) {
                c[m][n] += a[m][k] * b[k][n];
            }
        }
    }
    for (unsigned lane = 0; lane < kLanes; ++lane) {
        const unsigned i = lane / 4, j = 2 * (lane % 4);
        for (unsigned r = 0; r < 4; ++r) {
            const unsigned column = fault == Fault::SwappedColumnsOfC ? 1 - r % 2 : r % 2;
            std::memcpy(&slot.out[lane][r], &c[i + 8 * (r / 2)][j + column], 4);
        }
    }
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
    std::ostringstream text;
    unsigned waiting = 0, done = 0;
    for (const Fiber& fiber : *block.fibers) {
        waiting += fiber.isDone ? 0 : 1;
        done += fiber.isDone ? 1 : 0;
    }
    text << waiting << " threads wait and " << done << " have ended; the first waits at ";
    for (const Fiber& fiber : *block.fibers) {
        if (!fiber.isDone) {
            text << fiber.place;
            break;
        }
    }
    return "block (" + std::to_string(block.index.x) + ", " + std::to_string(block.index.y) + ", " +
           std::to_string(block.index.z) + "): " + text.str();
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
    const Schedule schedule = emulation::settings().schedule;
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

bool isIntact(const unsigned char* guard) {
    return std::all_of(guard, guard + kGuardBytes, [](unsigned char c) { return c == kGuardByte; });
}

} // namespace

namespace emulation {

Settings& settings() {
    static Settings instance;
    return instance;
}

std::set<Site> takeSites() {
    return std::exchange(metSites(), {});
}

const std::string& lastFailure() {
    return failure;
}

} // namespace emulation

namespace engine::kernels::device {

unsigned threadIndex() {
    return block.current;
}

Index blockIndex() {
    return block.index;
}

unsigned char* sharedMemory() {
    return block.shared;
}

void syncBlock(const char* file, int line) {
    const emulation::Site site = siteOf(file, line);
    if (!enter(site)) {
        return;
    }
    const std::string place = "the block's barrier at " + site;
    if (block.arrived == 0) {
        block.barrier = place;
    } else if (block.barrier != place) {
        fail(place + " meets " + block.barrier);
    }
    if (++block.arrived < block.fibers->size()) {
        waitUntilPassed(block.generation, place);
        return;
    }
    block.arrived = 0;
    ++block.generation;
}

void syncWarp(const char* file, int line) {
    if (enter(siteOf(file, line))) {
        collect(
            {Instruction::WarpBarrier, line}, "warp barrier", [](Slot&, unsigned) {}, [](Slot&) {});
    }
}

float shuffleXor(float value, int mask, int line) {
    const unsigned lane = block.current % kLanes;
    const Slot& slot = collect(
        {Instruction::Shuffle, line}, "shuffle",
        [&](Slot& s, unsigned l) { std::memcpy(&s.in[l][0], &value, 4); }, [](Slot&) {});
    return floatOfBits(slot.in[lane ^ static_cast<unsigned>(mask)][0]);
}

Vector16 load16(const void* source) {
    checkAccess(source, "16-byte load");
    Vector16 v;
    std::memcpy(&v, source, 16);
    return v;
}

void store16(void* target, const Vector16& v) {
    checkAccess(target, "16-byte store");
    std::memcpy(target, &v, 16);
}

void cpAsync16(void* shared, const void* global, bool isThere) {
    checkShared(shared, "target of cp.async");
    if (isThere) {
        checkAccess(global, "source of cp.async");
    }
    std::memset(shared, kNanByte, 16);
    Fiber& fiber = current();
    fiber.copies.push_back({static_cast<unsigned char*>(shared), global, isThere, fiber.groups});
}

void cpAsyncCommit() {
    ++current().groups;
}

void waitForGroups(int pending, const char* file, int line) {
    if (!enter(siteOf(file, line))) {
        return;
    }
    Fiber& fiber = current();
    const int complete = fiber.groups - pending;
    for (const Copy& copy : fiber.copies) {
        if (copy.group < complete && copy.isThere) {
            std::memcpy(copy.target, copy.source, 16);
        } else if (copy.group < complete) {
            std::memset(copy.target, 0, 16);
        }
    }
    std::erase_if(fiber.copies, [&](const Copy& copy) { return copy.group < complete; });
}

void ldmatrix4(std::uint32_t (&r)[4], const void* row, int line) {
    ldmatrix(r, row, false, line);
}
void ldmatrix4Transposed(std::uint32_t (&r)[4], const void* row, int line) {
    ldmatrix(r, row, true, line);
}
void ldmatrix2Transposed(std::uint32_t (&r)[2], const void* row, int line) {
    ldmatrix(r, row, true, line);
}

void mma(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1, int line) {
    const unsigned lane = block.current % kLanes;
    const Slot& slot = collect(
        {Instruction::Mma, line}, "mma",
        [&](Slot& s, unsigned l) {
            std::copy_n(a, 4, s.in[l].begin());
            s.in[l][4] = b0;
            s.in[l][5] = b1;
            std::memcpy(&s.in[l][6], c, sizeof c);
        },
        multiplyFragments);
    std::memcpy(c, slot.out[lane].data(), sizeof c);
}

std::uint32_t packBf16(float low, float high) {
    const auto round = [](float value) -> std::uint32_t {
        std::uint32_t bits;
        std::memcpy(&bits, &value, 4);
        return std::isnan(value) ? 0x7FFFu : (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
    };
    return round(low) | round(high) << 16;
}

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
    std::mt19937 random(emulation::settings().seed);
    std::vector<unsigned char> memory(sharedBytes + 2 * kGuardBytes + 128);
    auto* const begin = memory.data() + kGuardBytes;
    block.shared = begin + (128 - reinterpret_cast<std::uintptr_t>(begin) % 128) % 128;
    block.sharedBytes = sharedBytes;
    block.fibers = &fibers;
    block.run = run;
    block.arguments = arguments;
    for (unsigned i = 0; i < grid.x * grid.y * grid.z && failure.empty(); ++i) {
        block.index = {i % grid.x, i / grid.x % grid.y, i / grid.x / grid.y};
        block.warps.assign(threads / kLanes, {});
        block.arrived = 0;
        for (Fiber& fiber : fibers) {
            fiber.isStarted = fiber.isDone = false;
            fiber.waitsFor = nullptr;
            fiber.collectives = 0;
            fiber.groups = 0;
            fiber.copies.clear();
        }
        std::fill(memory.begin(), memory.end(), kGuardByte);
        std::memset(block.shared, kNanByte, sharedBytes);
        runBlock(random);
        if (failure.empty() &&
            !(isIntact(block.shared - kGuardBytes) && isIntact(block.shared + sharedBytes))) {
            failure = "a write outside the dynamic shared memory of " +
                      std::to_string(sharedBytes) + " bytes";
        }
    }
    if (!failure.empty()) {
        return {kInfolioCudaFailed, failure.c_str()};
    }
    return {kInfolioCudaDone, ""};
}

InfolioCudaStatus use(int number) {
    if (number != 0) {
        return {kInfolioCudaFailed, "invalid device ordinal"};
    }
    return {kInfolioCudaDone, ""};
}

InfolioCudaStatus allocate(void** memory, std::size_t bytes) {
    auto* const all = static_cast<unsigned char*>(
        std::aligned_alloc(256, (bytes + 255) / 256 * 256 + 2 * kGuardBytes));
    if (all == nullptr) {
        return {kInfolioCudaNoMemory, "out of memory"};
    }
    std::memset(all, kGuardByte, (bytes + 255) / 256 * 256 + 2 * kGuardBytes);
    std::memset(all + kGuardBytes, kNanByte, bytes);
    buffers[all + kGuardBytes] = bytes;
    *memory = all + kGuardBytes;
    return {kInfolioCudaDone, ""};
}

InfolioCudaStatus release(void* memory) {
    auto* const begin = static_cast<unsigned char*>(memory);
    const auto found = buffers.find(begin);
    if (found == buffers.end()) {
        return {kInfolioCudaFailed, "memory that was not allocated"};
    }
    const bool isFine = isIntact(begin - kGuardBytes) && isIntact(begin + found->second);
    buffers.erase(found);
    std::free(begin - kGuardBytes);
    if (!isFine) {
        return {kInfolioCudaFailed, "a write outside a buffer"};
    }
    return {kInfolioCudaDone, ""};
}

InfolioCudaStatus copy(void* target, const void* source, std::size_t bytes, void* /*stream*/) {
    std::memcpy(target, source, bytes);
    return {kInfolioCudaDone, ""};
}

} // namespace engine::kernels::device
