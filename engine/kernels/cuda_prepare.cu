// K prep: rotary embedding of the keys, once for all query heads of a group.

#include "engine/kernels/cuda_kernels.h"
#include "engine/kernels/cuda_tiles.h"

namespace engine::kernels::device {

namespace {

/// A block takes 128 pieces of one segment's rows; a piece is eight neighbours of the first half of
/// a head and their partners in the second.
struct Prepare {
    static constexpr unsigned kThreads = 128;
    static constexpr std::size_t kSharedBytes = 0;

    INFOLIO_DEVICE static void run(const InfolioPrepare& p) {
        const Segment segment = segmentOf(p.sizes, static_cast<int>(blockIndex().x));
        const int half = p.sizes.width / 2, pieces = half / 8;
        const int piece = static_cast<int>(blockIndex().z * kThreads + threadIndex());
        const int token = piece / pieces, column = piece % pieces * 8;
        if (token >= segment.rows) {
            return;
        }
        const int position = segment.past + token, head = static_cast<int>(blockIndex().y);
        const std::uint16_t* in =
            rowOf(p.key, segment.sequence, segment.begin + token, head) + column;
        std::uint16_t* out =
            rowOf(p.output, segment.sequence, segment.begin + position, head) + column;
        Vector16 first = load16(in), second = load16(in + half);
        const std::int64_t angle = static_cast<std::int64_t>(position) * half + column;
        rotate8(first, second, p.cosines + angle, p.sines + angle);
        store16(out, first);
        store16(out + half, second);
    }
};

} // namespace

InfolioCudaStatus launchPrepare(const InfolioPrepare* p, void* stream) {
    const unsigned pieces =
        static_cast<unsigned>(p->sizes.segment) * static_cast<unsigned>(p->sizes.width / 16);
    const unsigned blocks = (pieces + Prepare::kThreads - 1) / Prepare::kThreads;
    const char* refusal =
        firstOf(refusalOfSizes(p->sizes), refusalOfRows(p->key), refusalOfRows(p->output),
                refusalUnless(p->cosines != nullptr && p->sines != nullptr,
                              "the tables of cosines and sines must be there"),
                refusalUnless(blocks <= 65535, "the segment is too long"));
    if (refusal != nullptr) {
        return {kInfolioCudaRefused, refusal};
    }
    return launch<Prepare>(
        Index{blocksOfSegments(p->sizes), static_cast<unsigned>(p->sizes.groups), blocks}, *p,
        stream);
}

} // namespace engine::kernels::device
