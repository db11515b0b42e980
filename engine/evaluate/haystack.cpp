#include "engine/evaluate/haystack.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/model/transformer.h"

namespace engine::evaluate {

using model::Memory;
using model::Pass;
using model::ReadingState;

std::int64_t needlePosition(std::int64_t segments, std::int64_t N, std::int64_t kept, int depth,
                            std::int64_t length, bool isCut, Random& random) {
    if (kept + length > N)
        throw Error(Code::WrongUse,
                    "a needle of " + std::to_string(length) +
                        " tokens does not fit into a segment of " + std::to_string(N) +
                        (kept > 0 ? " behind the begin token" : "") + "; use longer segments");
    const std::int64_t segment = std::min(segments * depth / 100, segments - 1);
    if (!isCut || length < 2 || segments < 2) {
        const std::int64_t begin = std::max(kept, segment * N);
        return begin + random.below((segment + 1) * N - length - begin + 1);
    }
    const std::int64_t border = (segment + 1 < segments ? segment + 1 : segment) * N;
    return border - 1 - random.below(length - 1);
}

std::int64_t stretchPosition(std::int64_t begin, std::int64_t end, std::int64_t N,
                             std::int64_t length, bool isCut, Random& random) {
    std::vector<std::pair<std::int64_t, std::int64_t>> across; // first and last place over a border
    for (std::int64_t border = (begin / N + 1) * N; isCut && border < end; border += N) {
        const std::int64_t first = std::max(begin, border - length + 1),
                           last = std::min(border - 1, end - length);
        if (first <= last)
            across.emplace_back(first, last);
    }
    if (across.empty())
        return begin + random.below(end - begin - length + 1);
    const auto [first, last] = across[static_cast<std::size_t>(random.below(std::ssize(across)))];
    return first + random.below(last - first + 1);
}

std::vector<std::int32_t> edited(std::span<const std::int32_t> haystack,
                                 std::span<const Edit> edits) {
    std::vector<std::int32_t> ids(haystack.begin(), haystack.end());
    for (const Edit& edit : edits)
        for (std::size_t i = 0; i < edit.ids.size(); ++i)
            if (const std::size_t at = static_cast<std::size_t>(edit.position) + i; at < ids.size())
                ids[at] = edit.ids[i];
    return ids;
}

HaystackReader::HaystackReader(std::shared_ptr<const model::Model> model, model::Mode mode,
                               std::int64_t N, std::span<const std::int32_t> haystack,
                               Method method)
    : m_model(std::move(model)), m_mode(mode), m_N(N), m_haystack(haystack), m_method(method) {
    if (!model::hasMemory(mode))
        throw Error(Code::WrongUse, "the mode " + model::nameOf(mode) +
                                        " has no memory that a needle could be read from; use "
                                        "infini-linear or infini-delta");
    if (method == Method::Increment && mode != model::Mode::InfiniLinear)
        throw Error(Code::WrongUse, "increments add up by the linear rule alone; use the mode "
                                    "infini-linear, or the method stream");
}

namespace {

/// A variant on its way.
struct Live {
    /// Stream: its own from its first edit on. Increment: while edited segments follow each other.
    std::optional<Memory> memory;
    std::optional<Memory> added; ///< Increment: what its edits wrote more than the haystack
};

bool isEdited(const Variant& variant, std::int64_t segment, std::int64_t N) {
    return std::any_of(variant.edits.begin(), variant.edits.end(), [&](const Edit& edit) {
        return edit.position < (segment + 1) * N && edit.end() > segment * N;
    });
}

Memory combined(const Memory& a, const Memory& b, double factor) {
    Memory sum = a.clone();
    for (std::size_t i = 0; i < sum.M.size(); ++i) {
        sum.M[i].add_(b.M[i], factor);
        sum.z[i].add_(b.z[i], factor);
    }
    return sum;
}

/// The layers of a reading, below and with memory.
class Layers {
public:
    Layers(const model::Model& model, model::Mode mode, std::int64_t N)
        : m_transformer(model.weights, model.adapter), m_first(model.adapter->firstLayer), m_N(N) {
        m_pass.rule = mode == model::Mode::InfiniDelta ? model::Rule::Delta : model::Rule::Linear;
        m_turn = m_transformer.rotation(N, m_pass);
    }

    [[nodiscard]] at::Tensor lower(std::span<const std::int32_t> ids) const {
        at::Tensor x = m_transformer.embed(model::idTensor(ids, m_N));
        for (std::int64_t i = 0; i < m_first; ++i)
            m_transformer.layer(i, x, m_turn, m_pass);
        return x;
    }

    /// Reads a segment from the rows of `lower`, which are used up.
    void upper(at::Tensor x, Memory& memory) const {
        Pass pass = m_pass;
        pass.read = pass.write = &memory;
        const std::int64_t last = m_transformer.lastStateLayer(pass);
        for (std::int64_t i = m_first; i < last; ++i)
            m_transformer.layer(i, x, m_turn, pass);
        if (last >= m_first)
            m_transformer.store(last, x, pass);
        memory.tokens += m_N;
    }

private:
    model::Transformer m_transformer;
    std::int64_t m_first, m_N;
    Pass m_pass;
    model::Rotation m_turn;
};

} // namespace

void HaystackReader::read(std::span<const Variant> variants, const AtEnd& atEnd,
                          const OnSegment& onSegment) {
    const c10::InferenceMode inference;
    const auto whole = static_cast<std::int64_t>(m_haystack.size()) / m_N;
    std::vector<Live> live(variants.size());
    std::int64_t segments = 0;
    for (const Variant& variant : variants) {
        if (!variant.ends.empty())
            segments = std::max(segments, variant.ends.back());
    }
    if (segments > whole)
        throw Error(Code::WrongUse, "a text of " + std::to_string(whole) +
                                        " segments cannot be read up to segment " +
                                        std::to_string(segments) + "; ask for a shorter length");
    const Layers layers(*m_model, m_mode, m_N);
    Memory base = Memory::empty(m_model->weights->config, *m_model->adapter);
    for (std::int64_t s = 0; s < segments; ++s) {
        const auto own =
            m_haystack.subspan(static_cast<std::size_t>(s * m_N), static_cast<std::size_t>(m_N));
        const at::Tensor plain = layers.lower(own);
        std::int64_t runs = 1;
        bool isBaseNeeded = m_method == Method::Increment;
        for (std::size_t v = 0; v < variants.size(); ++v) {
            if (variants[v].ends.empty() || variants[v].ends.back() <= s)
                continue;
            Live& one = live[v];
            const bool isOther = isEdited(variants[v], s, m_N);
            if (m_method == Method::Increment && !isOther)
                continue;
            if (!isOther && !one.memory) {
                isBaseNeeded = true;
                continue;
            }
            if (!one.memory)
                one.memory = one.added ? combined(base, *one.added, 1.0) : base.clone();
            if (isOther) {
                std::vector<std::int32_t> ids(own.begin(), own.end());
                for (const Edit& edit : variants[v].edits) {
                    for (std::size_t i = 0; i < edit.ids.size(); ++i) {
                        const std::int64_t at =
                            edit.position + static_cast<std::int64_t>(i) - s * m_N;
                        if (at >= 0 && at < m_N)
                            ids[static_cast<std::size_t>(at)] = edit.ids[i];
                    }
                }
                layers.upper(layers.lower(ids), *one.memory);
            } else {
                layers.upper(plain.clone(), *one.memory);
            }
            ++runs;
        }
        if (isBaseNeeded)
            layers.upper(plain.clone(), base);
        for (std::size_t v = 0; v < variants.size(); ++v) {
            Live& one = live[v];
            if (m_method == Method::Increment && one.memory && !isEdited(variants[v], s + 1, m_N)) {
                one.added = combined(*one.memory, base, -1.0);
                one.memory.reset();
            }
            const auto& ends = variants[v].ends;
            if (std::find(ends.begin(), ends.end(), s + 1) == ends.end())
                continue;
            ReadingState state;
            state.tokens = (s + 1) * m_N;
            state.segments = s + 1;
            state.memory = one.memory  ? *one.memory
                           : one.added ? combined(base, *one.added, 1.0)
                                       : base;
            state.memory.tokens = state.tokens;
            atEnd(v, s + 1, state);
        }
        if (!onSegment(s, runs * m_N))
            return;
    }
}

} // namespace engine::evaluate
