#pragma once
/// The launch functions behind the plugin's table, and the checks that they share. A refusal is a
/// sentence; null means that there is none.

#include "engine/kernels/device_launch.h"

namespace engine::kernels::device {

InfolioCudaStatus launchPrepare(const InfolioPrepare* p, void* stream);
InfolioCudaStatus launchSums(const InfolioSums* p, void* stream);
InfolioCudaStatus launchScanNorm(const InfolioScan* p, void* stream);
InfolioCudaStatus launchDecay(const InfolioDecay* p, void* stream);
InfolioCudaStatus launchScanMemory(const InfolioScan* p, void* stream);
InfolioCudaStatus launchAttend(const InfolioAttend* p, void* stream);
InfolioCudaStatus launchNorm(const InfolioNorm* p, void* stream);
InfolioCudaStatus launchGate(const InfolioGate* p, void* stream);

inline bool isAligned(const void* pointer) {
    return pointer != nullptr && reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0;
}

template <class Rows> const char* refusalOfRows(const Rows& rows) {
    if (!isAligned(rows.data)) {
        return "rows must be there and start at a multiple of 16 bytes";
    }
    if (rows.batch % 8 != 0 || rows.row % 8 != 0 || rows.head % 8 != 0) {
        return "the strides of rows must be multiples of 8 elements";
    }
    return nullptr;
}

inline const char* refusalOfSizes(const InfolioSizes& sizes) {
    if (sizes.batch < 1 || sizes.rows < 1 || sizes.segment < 1 || sizes.groups < 1) {
        return "sequences, rows, segment length and KV heads must be at least 1";
    }
    if (sizes.groups > 65535) {
        return "at most 65,535 KV heads";
    }
    if (sizes.perGroup < 1 || sizes.perGroup > 16) {
        return "query heads per KV head must be 1 to 16";
    }
    if (sizes.width != 64 && sizes.width != 128) {
        return "the head width must be 64 or 128";
    }
    if (sizes.features != 64 && sizes.features != 128) {
        return "the feature width must be 64 or 128";
    }
    if (sizes.past != nullptr && sizes.rows > sizes.segment) {
        return "rows that continue a window must be one segment";
    }
    const std::int64_t segments =
        (static_cast<std::int64_t>(sizes.rows) + sizes.segment - 1) / sizes.segment;
    if (segments * sizes.batch > 0x7FFFFFFF) {
        return "too many segments for one launch";
    }
    return nullptr;
}

/// The first refusal of several.
template <class... Refusals> const char* firstOf(Refusals... refusals) {
    const char* first = nullptr;
    ((first = first != nullptr ? first : refusals), ...);
    return first;
}

inline const char* refusalUnless(bool isFine, const char* sentence) {
    return isFine ? nullptr : sentence;
}

inline unsigned blocksOfSegments(const InfolioSizes& sizes) {
    return static_cast<unsigned>(sizes.batch) *
           static_cast<unsigned>((sizes.rows + sizes.segment - 1) / sizes.segment);
}

} // namespace engine::kernels::device
