#include "tests/support/cuda_emulation.h"

#include "tests/support/cuda_fibers.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace {

using namespace emulation;

std::map<const unsigned char*, std::size_t> buffers;

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
    const Fault fault = settings().fault;
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

} // namespace

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
    const Site site = siteOf(file, line);
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
