#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

#include "engine/error.h"
#include "engine/model/device_memory.h"
#include "engine/model/prompt_reader.h"
#include "engine/model/session.h"
#include "engine/model/transformer.h"

namespace engine::model {

namespace {

/// A document's next whole segments, and the state that they are written to.
struct Part {
    ReadingState* state;
    std::vector<std::int32_t> ids;
};

/// One segment on its way through the layers.
struct Row {
    ReadingState* state;
    std::int64_t tokensBefore; ///< n
    at::Tensor x;
    Rotation turn;
    Pass pass;
};

Pass passFor(ReadingState& state, Mode mode) {
    Pass pass;
    if (hasMemory(mode)) {
        pass.read = &state.memory;
        pass.write = &state.memory;
        pass.rule = mode == Mode::InfiniDelta ? Rule::Delta : Rule::Linear;
    } else if (mode != Mode::Local) {
        pass.past = &state.cache;
        pass.neighbours = &state.cache.store;
        pass.keep = &state.cache;
    }
    return pass;
}

std::vector<Row> rowsOf(const Transformer& transformer, Mode mode, std::int64_t N,
                        std::vector<Part>& parts) {
    std::vector<Row> rows;
    for (Part& part : parts) {
        const std::int64_t segments = static_cast<std::int64_t>(part.ids.size()) / N;
        for (std::int64_t i = 0; i < segments; ++i) {
            const auto ids = std::span<const std::int32_t>(part.ids).subspan(
                static_cast<std::size_t>(i * N), static_cast<std::size_t>(N));
            const std::int64_t before = part.state->segments + i;
            Pass pass = passFor(*part.state, mode);
            pass.position = part.state->cache.countAfter(before, N).total();
            Rotation turn = transformer.rotation(N, pass);
            rows.push_back({part.state, before * N, transformer.embed(idTensor(ids, N)),
                            std::move(turn), std::move(pass)});
        }
    }
    return rows;
}

/// A segment reads what the last layer of the one before has written, so they run one after
/// another.
void readWithVectors(const PromptReader& reader, std::int64_t N, std::vector<Part>& parts) {
    for (Part& part : parts) {
        const std::span<const std::int32_t> ids(part.ids);
        for (std::size_t begin = 0; begin < ids.size(); begin += static_cast<std::size_t>(N)) {
            const auto segment = ids.subspan(begin, static_cast<std::size_t>(N));
            part.state->vectors = reader.read(segment, part.state->vectors).vectors;
            ++part.state->segments;
        }
    }
}

/// Only a layer's state is ordered over the segments of a document, so a layer runs over all rows
/// before the next begins. Every product has N rows, so that no grouping changes a bit.
void readLayerMajor(const Transformer& transformer, Mode mode, std::int64_t N,
                    std::vector<Part>& parts) {
    if (mode != Mode::Local) {
        std::vector<Row> rows = rowsOf(transformer, mode, N, parts);
        const std::int64_t last = rows.empty() ? -1 : transformer.lastStateLayer(rows[0].pass);
        for (std::int64_t layer = 0; layer <= last; ++layer) {
            for (Row& row : rows) {
                row.state->memory.tokens = hasMemory(mode) ? row.tokensBefore : 0;
                if (layer < last) {
                    transformer.layer(layer, row.x, row.turn, row.pass);
                } else {
                    transformer.store(layer, row.x, row.pass);
                }
            }
        }
    }
    for (Part& part : parts) {
        part.state->segments += static_cast<std::int64_t>(part.ids.size()) / N;
        part.state->memory.tokens = hasMemory(mode) ? part.state->segments * N : 0;
    }
}

/// Tensors that a state has handed out never change, and a failed pass leaves the state whole.
ReadingState copyOf(const ReadingState& state) {
    ReadingState copy = state;
    copy.memory = state.memory.clone();
    return copy;
}

} // namespace

ReadingState ReadingState::empty(const Model& model, Mode mode, std::int64_t segmentTokens) {
    const c10::InferenceMode inference;
    model.requireTrainedFor(mode);
    ReadingState state;
    withinDeviceMemory(model, [&] {
        if (hasMemory(mode)) {
            state.memory = Memory::empty(model.weights->config, *model.adapter);
        }
        state.cache = SegmentCache::empty(mode, *model.weights, segmentTokens);
    });
    return state;
}

bool ReadingState::showsText() const {
    return !pending.empty() || (cache.hasLayers() && segments > 0);
}

std::int64_t ReadingState::bytes() const {
    return memory.bytes() + cache.bytes() +
           (vectors.defined() ? static_cast<std::int64_t>(vectors.nbytes()) : 0);
}

std::int64_t ReadingState::numbers() const {
    return memory.bytes() / static_cast<std::int64_t>(sizeof(float)) + cache.numbers() +
           (vectors.defined() ? vectors.numel() : 0);
}

struct ReadingSession::Impl {
    std::shared_ptr<const Model> model;
    Mode mode;
    std::int64_t segmentTokens, chunkTokens;
    Transformer transformer;
    std::optional<PromptReader> prompt;
    ReadingState state;

    /// The vectors of all segments are read beside the next one.
    void requirePositions(std::int64_t taken) const {
        const std::int64_t p = model->prompt->count(),
                           context = model->weights->config.contextTokens, N = segmentTokens;
        const std::int64_t whole =
            state.segments + (static_cast<std::int64_t>(state.pending.size()) + taken) / N;
        if (whole * p + N > context) {
            throw Error(Code::DoesNotFit,
                        "the vectors of " + std::to_string(whole) + " segments, " +
                            std::to_string(p) + " each, and a segment of " + std::to_string(N) +
                            " tokens exceed the model's context of " + std::to_string(context) +
                            "; read in another mode, such as infini-linear");
        }
    }

    /// Full attention is what the model was made for, within its context, and costs memory for
    /// every token.
    void requireRoom(std::int64_t taken) const {
        if (mode == Mode::Autocompressor) {
            requirePositions(taken);
        }
        if (mode != Mode::Full) {
            return;
        }
        const Config& config = model->weights->config;
        const std::int64_t tokens = state.tokens + taken;
        if (tokens > config.contextTokens) {
            throw Error(Code::DoesNotFit, "full attention over " + std::to_string(tokens) +
                                              " tokens exceeds the model's context of " +
                                              std::to_string(config.contextTokens) +
                                              "; read in another mode, such as infini-linear");
        }
        const std::int64_t perToken = 2 * config.headWidth * config.kvHeads * config.layers *
                                      (model->weights->dtype == Dtype::Float32 ? 4 : 2);
        if (tokens > model->stateBytes / perToken) {
            throw Error(Code::NoMemory, "full attention over " + std::to_string(tokens) +
                                            " tokens keeps " + std::to_string(tokens * perToken) +
                                            " bytes of keys and values, more than the " +
                                            std::to_string(model->stateBytes) +
                                            " at hand; read in another mode, such as "
                                            "infini-linear");
        }
    }
};

ReadingSession::ReadingSession(std::shared_ptr<const Model> model, Mode mode,
                               std::int64_t segmentTokens, std::int64_t chunkTokens)
    : ReadingSession(model, mode, segmentTokens, ReadingState::empty(*model, mode, segmentTokens),
                     chunkTokens) {}

ReadingSession::ReadingSession(std::shared_ptr<const Model> model, Mode mode,
                               std::int64_t segmentTokens, ReadingState start,
                               std::int64_t chunkTokens) {
    const std::int64_t context = model->weights->config.contextTokens;
    if (segmentTokens < 1 || segmentTokens > context) {
        throw Error(Code::WrongUse, "a segment of " + std::to_string(segmentTokens) +
                                        " tokens cannot be read; choose 1 to " +
                                        std::to_string(context) + ", the model's context");
    }
    const std::int64_t shown = mode == Mode::Compressive               ? 3
                               : mode == Mode::Xl || mode == Mode::Knn ? 2
                                                                       : 1;
    const std::int64_t most = (context - start.cache.sinks) / shown;
    if (segmentTokens > most) {
        throw Error(Code::WrongUse, "in the mode " + nameOf(mode) + " a segment of " +
                                        std::to_string(segmentTokens) + " tokens takes " +
                                        std::to_string(shown * segmentTokens + start.cache.sinks) +
                                        " positions and the model's context is " +
                                        std::to_string(context) + "; choose 1 to " +
                                        std::to_string(most));
    }
    model->requireTrainedFor(mode);
    std::optional<PromptReader> prompt;
    if (hasVectors(mode)) {
        const std::int64_t p = model->prompt->count();
        if (segmentTokens + 2 * p > context) {
            throw Error(Code::WrongUse, "in the mode " + nameOf(mode) + " a segment of " +
                                            std::to_string(segmentTokens) + " tokens takes " +
                                            std::to_string(segmentTokens + 2 * p) +
                                            " positions and the model's context is " +
                                            std::to_string(context) + "; choose 1 to " +
                                            std::to_string(context - 2 * p));
        }
        const c10::InferenceMode inference;
        withinDeviceMemory(*model, [&] { prompt.emplace(model->weights, model->prompt); });
    }
    assert(static_cast<std::int64_t>(start.pending.size()) < segmentTokens);
    assert(chunkTokens % segmentTokens == 0);
    auto transformer = withinDeviceMemory(
        *model, [&] { return Transformer(model->weights, model->adapterOf(mode)); });
    m_impl = std::make_unique<Impl>(
        Impl{std::move(model), mode, segmentTokens, chunkTokens > 0 ? chunkTokens : segmentTokens,
             std::move(transformer), std::move(prompt), std::move(start)});
}

ReadingSession::~ReadingSession() = default;
ReadingSession::ReadingSession(ReadingSession&&) noexcept = default;
ReadingSession& ReadingSession::operator=(ReadingSession&&) noexcept = default;

std::size_t ReadingSession::push(std::span<const std::int32_t> ids) {
    ReadingSession* const self = this;
    return pushTogether({&self, 1}, {&ids, 1}).front();
}

std::vector<std::size_t>
ReadingSession::pushTogether(std::span<ReadingSession* const> sessions,
                             std::span<const std::span<const std::int32_t>> ids) {
    assert(sessions.size() == ids.size() && !sessions.empty());
    const c10::InferenceMode inference;
    const Impl& first = *sessions.front()->m_impl;
    const auto N = static_cast<std::size_t>(first.segmentTokens);
    std::vector<std::size_t> taken;
    std::vector<ReadingState> next;
    next.reserve(sessions.size());
    std::vector<Part> parts;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        const Impl& impl = *sessions[i]->m_impl;
        assert(impl.model == first.model && impl.mode == first.mode &&
               impl.segmentTokens == first.segmentTokens);
        const std::size_t room =
            static_cast<std::size_t>(impl.chunkTokens) - impl.state.pending.size();
        taken.push_back(std::min(ids[i].size(), room));
        impl.requireRoom(static_cast<std::int64_t>(taken[i]));
        std::vector<std::int32_t> all = impl.state.pending;
        all.insert(all.end(), ids[i].begin(),
                   ids[i].begin() + static_cast<std::ptrdiff_t>(taken[i]));
        const std::size_t whole = all.size() / N * N;
        next.push_back(whole > 0
                           ? withinDeviceMemory(*impl.model, [&] { return copyOf(impl.state); })
                           : impl.state);
        next[i].tokens += static_cast<std::int64_t>(taken[i]);
        next[i].pending.assign(all.begin() + static_cast<std::ptrdiff_t>(whole), all.end());
        all.resize(whole);
        if (whole > 0) {
            parts.push_back({&next[i], std::move(all)});
        }
    }
    withinDeviceMemory(*first.model, [&] {
        if (first.prompt) {
            readWithVectors(*first.prompt, first.segmentTokens, parts);
        } else {
            readLayerMajor(first.transformer, first.mode, first.segmentTokens, parts);
        }
    });
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        sessions[i]->m_impl->state = std::move(next[i]);
    }
    return taken;
}

const ReadingState& ReadingSession::state() const {
    return m_impl->state;
}

std::int64_t ReadingSession::segmentTokens() const {
    return m_impl->segmentTokens;
}

} // namespace engine::model
