#pragma once
/// A long text of tokens with other tokens put into it in place of its own, and how it is read so
/// that many such texts cost little more than one.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/model/session.h"
#include "engine/random.h"

namespace engine::evaluate {

/// Tokens that stand in place of as many of the haystack's, so that no boundary moves.
struct Edit {
    std::int64_t position = 0;
    std::vector<std::int32_t> ids;

    [[nodiscard]] std::int64_t end() const {
        return position + static_cast<std::int64_t>(ids.size());
    }
};

/// First token of a needle of `length` tokens in a text of whole segments of N tokens, of which the
/// first `kept` (0 or 1) stay as they are: in the segment that lies at `depth` percent of them
/// (100: the last), at a place drawn there; `isCut`: over the border to the next segment, or, in
/// the last, from the one before. Throws WrongUse for a needle that a text's first segment does not
/// hold.
std::int64_t needlePosition(std::int64_t segments, std::int64_t N, std::int64_t kept, int depth,
                            std::int64_t length, bool isCut, Random& random);

/// First token of a needle of `length` tokens anywhere in the stretch [begin, end) of a text, which
/// has room for it. `isCut`: across a border of segments of N tokens, where the stretch has one
/// that leaves room.
std::int64_t stretchPosition(std::int64_t begin, std::int64_t end, std::int64_t N,
                             std::int64_t length, bool isCut, Random& random);

/// The haystack with its edits: what a reader is given.
std::vector<std::int32_t> edited(std::span<const std::int32_t> haystack,
                                 std::span<const Edit> edits);

/// One text of those that are read together.
struct Variant {
    std::vector<Edit> edits;        ///< by position, without overlap
    std::vector<std::int64_t> ends; ///< whole segments after which its state is wanted, ascending
};

enum class Method {
    Stream,    ///< every segment is read over the memory that the text before it left
    Increment, ///< what the edited segments write more is added to the plain haystack's memory: the
               ///< segments between and behind them have not read a needle
};

/// Reads a haystack once and beside it what its variants differ in: layers without memory below the
/// first with one give the same rows whatever the memory holds, and before its first edit a variant
/// is the haystack. By `Stream` a variant's state has the bits of a ReadingSession over its own
/// tokens. Needs the room of one state for each variant. One thread.
class HaystackReader {
public:
    /// `haystack` outlives the reader. Throws WrongUse for a mode without a memory, and for
    /// `Increment` with the delta rule, whose increments do not add up.
    HaystackReader(std::shared_ptr<const model::Model> model, model::Mode mode, std::int64_t N,
                   std::span<const std::int32_t> haystack, Method method);

    /// Called at each end of each variant, in the order of ends, then of variants. The state is a
    /// view that the next segment overwrites.
    using AtEnd = std::function<void(std::size_t variant, std::int64_t segments,
                                     const model::ReadingState& state)>;
    /// Called after each segment with the tokens of it that were run for any variant; false stops.
    using OnSegment = std::function<bool(std::int64_t segment, std::int64_t tokens)>;
    /// Throws WrongUse when an end lies behind the haystack's whole segments.
    void read(std::span<const Variant> variants, const AtEnd& atEnd, const OnSegment& onSegment);

private:
    std::shared_ptr<const model::Model> m_model;
    model::Mode m_mode;
    std::int64_t m_N;
    std::span<const std::int32_t> m_haystack;
    Method m_method;
};

} // namespace engine::evaluate
