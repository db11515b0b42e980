#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/error.h"
#include "engine/model/controls.h"
#include "engine/model/device_memory.h"
#include "engine/model/prompt_reader.h"
#include "engine/model/sampler.h"
#include "engine/model/session.h"
#include "engine/model/transformer.h"

namespace engine::model {

namespace {

constexpr std::int64_t kLargestChunk = 1024; ///< rows of one pass over a window
constexpr std::int64_t kPackedRows = 4096;   ///< rows of one pass over packed sequences
constexpr std::size_t kTogether = 8;         ///< windows of one step of decoding

/// Matrix products are called with few different row counts: 1, 64, 128, … 1,024.
std::int64_t rowBucket(std::int64_t rows) {
    std::int64_t bucket = 64;
    while (bucket < rows) {
        bucket *= 2;
    }
    return rows == 1 ? 1 : bucket;
}

} // namespace

struct AnswerSession::Impl {
    std::shared_ptr<const Model> model;
    Transformer transformer;
    Memory memory; ///< the reading's own tensors, which never change; n = 0: none
    Neighbours neighbours;
    KvCache cache;
    std::int64_t past = 0; ///< entries before the window that all of it sees
    std::int64_t size = 0; ///< past and tokens in the window
    at::Tensor last;       ///< residual row (1, E) of the window's last token

    [[nodiscard]] std::int64_t context() const { return model->weights->config.contextTokens; }

    void requireRoom(std::size_t count) const {
        const std::int64_t tokens = static_cast<std::int64_t>(count);
        if (tokens > context() - size) {
            throw Error(Code::DoesNotFit, "the window of " + std::to_string(context()) +
                                              " tokens holds " + std::to_string(size) +
                                              " and cannot take " + std::to_string(tokens) +
                                              " more; ask for less at a time");
        }
    }

    void requireWindow() const {
        if (size == past) {
            throw Error(Code::WrongUse,
                        "nothing precedes the first token of an empty window; feed it first");
        }
    }

    /// Runs ids behind the window's first `position` tokens; returns their residual rows (T, E).
    at::Tensor run(std::span<const std::int32_t> ids, std::int64_t position) {
        std::vector<at::Tensor> rows;
        while (!ids.empty()) {
            const std::size_t count = std::min(ids.size(), static_cast<std::size_t>(kLargestChunk));
            const std::int64_t tokens = static_cast<std::int64_t>(count);
            // The rows behind the ids come later in causal order, so no token sees them, and the
            // next chunk overwrites their keys.
            Pass pass;
            pass.position = position;
            pass.cache = &cache;
            pass.read = &memory;
            pass.neighbours = &neighbours;
            const at::Tensor x =
                transformer.forward(idTensor(ids.first(count), rowBucket(tokens)), pass);
            rows.push_back(x.select(0, 0).narrow(0, 0, tokens));
            ids = ids.subspan(count);
            position += tokens;
        }
        return rows.size() == 1 ? rows.front() : at::cat(rows);
    }

    void append(std::span<const std::int32_t> ids) {
        if (ids.empty()) {
            return;
        }
        if (ids.size() == 1) {
            Impl* self = this;
            appendToEach({&self, 1}, ids);
            return;
        }
        const at::Tensor rows = run(ids, size);
        last = rows.narrow(0, rows.size(0) - 1, 1).clone();
        size += static_cast<std::int64_t>(ids.size());
    }

    /// One token to each window, all in one step.
    static void appendToEach(std::span<Impl* const> windows, std::span<const std::int32_t> ids) {
        for (std::size_t begin = 0; begin < windows.size(); begin += kTogether) {
            const auto some = windows.subspan(begin, std::min(kTogether, windows.size() - begin));
            std::vector<KvCache*> caches;
            std::vector<std::int64_t> positions;
            for (Impl* window : some) {
                caches.push_back(&window->cache);
                positions.push_back(window->size);
            }
            const Impl& first = *some.front();
            const at::Tensor rows =
                first.transformer.decode(ids.subspan(begin, some.size()), caches, positions,
                                         &first.memory, &first.neighbours);
            for (std::size_t i = 0; i < some.size(); ++i) {
                some[i]->last = rows.narrow(0, static_cast<std::int64_t>(i), 1);
                ++some[i]->size;
            }
        }
    }

    [[nodiscard]] bool sharesStateWith(const Impl& other) const {
        const auto same = [](const at::Tensor& a, const at::Tensor& b) { return a.is_same(b); };
        return model == other.model && memory.tokens == other.memory.tokens &&
               std::equal(memory.M.begin(), memory.M.end(), other.memory.M.begin(),
                          other.memory.M.end(), same) &&
               neighbours.keys.is_same(other.neighbours.keys);
    }
};

SegmentCache visibleCache(const Model& model, Mode mode, const ReadingState& state) {
    model.requireTrainedFor(mode);
    if (hasVectors(mode) && state.vectors.defined()) {
        return PromptReader(model.weights, model.prompt).shown(state.vectors);
    }
    return hasMemory(mode) || hasVectors(mode) || mode == Mode::Local ? SegmentCache()
                                                                      : state.cache;
}

AnswerSession::AnswerSession(std::shared_ptr<const Model> model, Mode mode,
                             const ReadingState& state, MemoryUse use) {
    const c10::InferenceMode inference;
    withinDeviceMemory(*model, [&] {
        const ReadingState used = controlState(state, use);
        Impl impl{model,
                  Transformer(model->weights, model->adapterOf(mode)),
                  {},
                  {},
                  KvCache(*model->weights),
                  0,
                  0,
                  {}};
        const SegmentCache visible = visibleCache(*model, mode, used);
        if (hasMemory(mode)) {
            impl.memory = used.memory;
        } else if (visible.hasLayers()) {
            Pass seen;
            seen.past = &visible;
            seen.position = visible.count(0).total();
            impl.cache.fill(visible, impl.transformer.rotation(0, seen));
            impl.neighbours = visible.store;
            impl.past = impl.size = seen.position;
        }
        m_impl = std::make_unique<Impl>(std::move(impl));
    });
    feed(state.pending);
}

AnswerSession::~AnswerSession() = default;
AnswerSession::AnswerSession(AnswerSession&&) noexcept = default;
AnswerSession& AnswerSession::operator=(AnswerSession&&) noexcept = default;

std::int64_t AnswerSession::room() const {
    return m_impl->context() - m_impl->size;
}

void AnswerSession::feed(std::span<const std::int32_t> ids) {
    m_impl->requireRoom(ids.size());
    const c10::InferenceMode inference;
    withinDeviceMemory(*m_impl->model, [&] { m_impl->append(ids); });
}

namespace {

/// One window's answer on its way.
struct Generation {
    AnswerSession::Impl* window;
    Sampler sampler;
    std::vector<std::int32_t> stops;
    Utf8Stream stream;
    Generated result;
    bool isRunning = true;

    void end(Generated::End why) {
        result.end = why;
        isRunning = false;
    }
};

} // namespace

Generated AnswerSession::generate(const GenerateOptions& options,
                                  const std::function<bool(std::string_view)>& onText) {
    AnswerSession* self = this;
    return generateTogether(
               {&self, 1}, {&options, 1},
               [&](std::size_t, std::string_view text) { return !onText || onText(text); })
        .front();
}

std::vector<Generated>
generateTogether(std::span<AnswerSession* const> sessions, std::span<const GenerateOptions> options,
                 const std::function<bool(std::size_t, std::string_view)>& onText) {
    const c10::InferenceMode inference;
    assert(sessions.size() == options.size());
    std::vector<Generation> all;
    all.reserve(sessions.size());
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        AnswerSession::Impl* window = sessions[i]->m_impl.get();
        window->requireWindow();
        if (!window->sharesStateWith(*sessions.front()->m_impl)) {
            throw Error(Code::WrongUse, "answers over different memories cannot be generated "
                                        "together; ask them one after another");
        }
        all.push_back({window,
                       Sampler({options[i].seed, options[i].temperature, options[i].topP,
                                options[i].repetitionPenalty}),
                       window->model->tokenizer->stopTokens(),
                       {},
                       {},
                       true});
    }
    const auto give = [&](std::size_t i, const std::string& text) {
        all[i].result.text += text;
        return text.empty() || !onText || onText(i, text);
    };
    const auto step = [&](std::size_t i, at::Tensor logits) {
        Generation& one = all[i];
        const std::int32_t id = one.sampler.next(
            {logits.mutable_data_ptr<float>(), static_cast<std::size_t>(logits.numel())},
            one.result.ids);
        if (std::find(one.stops.begin(), one.stops.end(), id) != one.stops.end()) {
            one.end(Generated::End::StopToken);
            return;
        }
        one.result.ids.push_back(id);
    };
    const auto logitsOf = [&](const std::vector<at::Tensor>& lasts) {
        const AnswerSession::Impl& any = *all.front().window;
        return withinDeviceMemory(*any.model,
                                  [&] { return any.transformer.logits(at::cat(lasts)); });
    };
    while (true) {
        std::vector<std::size_t> running;
        std::vector<at::Tensor> lasts;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (all[i].isRunning &&
                static_cast<int>(all[i].result.ids.size()) >= options[i].maxTokens) {
                all[i].end(Generated::End::MaxTokens);
            } else if (all[i].isRunning && sessions[i]->room() == 0) {
                all[i].end(Generated::End::WindowFull);
            }
            if (all[i].isRunning) {
                running.push_back(i);
                lasts.push_back(all[i].window->last);
            }
        }
        if (running.empty()) {
            break;
        }
        const at::Tensor logits = logitsOf(lasts);
        for (std::size_t k = 0; k < running.size(); ++k) {
            step(running[k], logits.select(0, static_cast<std::int64_t>(k)));
        }
        std::erase_if(running, [&](std::size_t i) { return !all[i].isRunning; });
        std::vector<AnswerSession::Impl*> windows;
        std::vector<std::int32_t> ids;
        for (const std::size_t i : running) {
            windows.push_back(all[i].window);
            ids.push_back(all[i].result.ids.back());
        }
        withinDeviceMemory(*all.front().window->model,
                           [&] { AnswerSession::Impl::appendToEach(windows, ids); });
        for (const std::size_t i : running) {
            const Tokenizer& tokenizer = *all[i].window->model->tokenizer;
            if (!give(i, all[i].stream.push(tokenizer.bytesOf(all[i].result.ids.back())))) {
                all[i].end(Generated::End::Cancelled);
            }
        }
    }
    std::vector<Generated> results;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].result.end != Generated::End::Cancelled) {
            give(i, all[i].stream.finish());
        }
        results.push_back(std::move(all[i].result));
    }
    return results;
}

std::vector<float> AnswerSession::logProbabilities(std::span<const std::int32_t> ids) {
    m_impl->requireWindow();
    m_impl->requireRoom(ids.size());
    if (ids.empty()) {
        return {};
    }
    const c10::InferenceMode inference;
    return withinDeviceMemory(*m_impl->model, [&] {
        at::Tensor rows = m_impl->last;
        if (ids.size() > 1) {
            rows = at::cat({rows, m_impl->run(ids.first(ids.size() - 1), m_impl->size)});
        }
        return m_impl->transformer.logProbabilities(rows, ids);
    });
}

std::vector<std::vector<float>>
scoreContinuation(const Model& model, const std::vector<std::vector<std::int32_t>>& prefixes,
                  std::span<const std::int32_t> continuation) {
    std::vector<std::vector<float>> scores(prefixes.size());
    if (continuation.empty()) {
        return scores;
    }
    const std::int64_t context = model.weights->config.contextTokens;
    const std::int64_t added = static_cast<std::int64_t>(continuation.size());
    for (const auto& prefix : prefixes) {
        const std::int64_t length = static_cast<std::int64_t>(prefix.size());
        if (prefix.empty()) {
            throw Error(Code::WrongUse, "a continuation of nothing has no probability; give every "
                                        "prefix at least one token");
        }
        if (length + added > context) {
            throw Error(Code::DoesNotFit,
                        "a prefix of " + std::to_string(length) + " and " + std::to_string(added) +
                            " tokens to score exceed the window of " + std::to_string(context) +
                            " tokens; shorten one of them");
        }
    }
    const c10::InferenceMode inference;
    const auto transformer =
        withinDeviceMemory(model, [&] { return Transformer(model.weights, nullptr); });
    for (std::size_t begin = 0; begin < prefixes.size();) {
        // Each sequence is filled up behind its end, where causal order hides it, to a multiple of
        // 64 rows: matrix products are compiled for every shape that they meet, and kept.
        Pass pass;
        std::vector<std::int32_t> ids;
        std::vector<std::int64_t> lasts;
        std::size_t end = begin;
        for (; end < prefixes.size(); ++end) {
            const auto& prefix = prefixes[end];
            const std::int64_t length = static_cast<std::int64_t>(prefix.size()) + added - 1;
            const std::int64_t padded = (length + 63) / 64 * 64;
            const std::int64_t used = static_cast<std::int64_t>(ids.size());
            if (end > begin && used + padded > kPackedRows) {
                break;
            }
            ids.insert(ids.end(), prefix.begin(), prefix.end());
            ids.insert(ids.end(), continuation.begin(), continuation.end() - 1);
            ids.resize(static_cast<std::size_t>(used + padded), 0);
            pass.sequences.push_back(padded);
            lasts.push_back(used + length);
        }
        const auto rows = static_cast<std::int64_t>(ids.size());
        const std::vector<float> logs = withinDeviceMemory(model, [&] {
            const at::Tensor x = transformer.forward(idTensor(ids, rows), pass).select(0, 0);
            std::vector<at::Tensor> wanted;
            std::vector<std::int32_t> targets;
            for (const std::int64_t last : lasts) {
                wanted.push_back(x.narrow(0, last - added, added));
                targets.insert(targets.end(), continuation.begin(), continuation.end());
            }
            return transformer.logProbabilities(at::cat(wanted), targets);
        });
        for (std::size_t i = 0; i < logs.size(); ++i) {
            scores[begin + i / continuation.size()].push_back(logs[i]);
        }
        begin = end;
    }
    return scores;
}

} // namespace engine::model
