#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

#include "engine/error.h"
#include "engine/model/controls.h"
#include "engine/model/sampler.h"
#include "engine/model/session.h"
#include "engine/model/transformer.h"

namespace engine::model {

namespace {

constexpr std::int64_t kLargestChunk = 1024; ///< rows of one pass over a window
constexpr std::int64_t kPackedRows = 4096;   ///< rows of one pass over packed sequences

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
    Memory memory; ///< frozen; a bf16 copy when the model is bf16; n = 0: none
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
        const at::Tensor rows = run(ids, size);
        last = rows.narrow(0, rows.size(0) - 1, 1).clone();
        size += static_cast<std::int64_t>(ids.size());
    }
};

namespace {

/// M and z as they are read while answering: rounded to the dtype of the weights.
Memory frozen(const Model& model, const Memory& memory) {
    Memory copy;
    copy.tokens = memory.tokens;
    const at::ScalarType dtype = scalarType(model.weights->dtype);
    for (std::size_t i = 0; i < memory.M.size(); ++i) {
        copy.M.push_back(memory.M[i].to(dtype));
        copy.z.push_back(memory.z[i].to(dtype));
    }
    return copy;
}

} // namespace

AnswerSession::AnswerSession(std::shared_ptr<const Model> model, Mode mode,
                             const ReadingState& state, MemoryUse use) {
    const c10::InferenceMode inference;
    const ReadingState used = controlState(state, use);
    Impl impl{
        model, Transformer(model->weights, model->adapter), {}, {}, KvCache(*model->weights), 0, 0,
        {}};
    if (hasMemory(mode)) {
        impl.memory = frozen(*model, used.memory);
    } else if (mode != Mode::Local && used.cache.hasLayers()) {
        Pass seen;
        seen.past = &used.cache;
        seen.position = used.cache.count(0);
        impl.cache.fill(used.cache, impl.transformer.rotation(0, seen));
        impl.neighbours = used.cache.store;
        impl.past = impl.size = seen.position;
    }
    m_impl = std::make_unique<Impl>(std::move(impl));
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
    m_impl->append(ids);
}

Generated AnswerSession::generate(const GenerateOptions& options,
                                  const std::function<bool(std::string_view)>& onText) {
    m_impl->requireWindow();
    const c10::InferenceMode inference;
    Sampler sampler({options.seed, options.temperature, options.topP, options.repetitionPenalty});
    const std::vector<std::int32_t> stops = m_impl->model->tokenizer->stopTokens();
    Utf8Stream stream;
    Generated result;
    const auto give = [&](const std::string& text) {
        result.text += text;
        return text.empty() || !onText || onText(text);
    };
    const auto loop = [&] {
        while (static_cast<int>(result.ids.size()) < options.maxTokens) {
            if (room() == 0) {
                return Generated::End::WindowFull;
            }
            const at::Tensor logits = m_impl->transformer.logits(m_impl->last);
            const std::int32_t id = sampler.next(
                {logits.mutable_data_ptr<float>(), static_cast<std::size_t>(logits.numel())},
                result.ids);
            if (std::find(stops.begin(), stops.end(), id) != stops.end()) {
                return Generated::End::StopToken;
            }
            result.ids.push_back(id);
            m_impl->append({&id, 1});
            if (!give(stream.push(m_impl->model->tokenizer->bytesOf(id)))) {
                return Generated::End::Cancelled;
            }
        }
        return Generated::End::MaxTokens;
    };
    result.end = loop();
    if (result.end != Generated::End::Cancelled) {
        give(stream.finish());
    }
    return result;
}

std::vector<float> AnswerSession::logProbabilities(std::span<const std::int32_t> ids) {
    m_impl->requireWindow();
    m_impl->requireRoom(ids.size());
    if (ids.empty()) {
        return {};
    }
    const c10::InferenceMode inference;
    at::Tensor rows = m_impl->last;
    if (ids.size() > 1) {
        rows = at::cat({rows, m_impl->run(ids.first(ids.size() - 1), m_impl->size)});
    }
    return m_impl->transformer.logProbabilities(rows, ids);
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
    const Transformer transformer(model.weights, nullptr);
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
        const at::Tensor x = transformer.forward(idTensor(ids, rows), pass).select(0, 0);
        std::vector<at::Tensor> wanted;
        std::vector<std::int32_t> targets;
        for (const std::int64_t last : lasts) {
            wanted.push_back(x.narrow(0, last - added, added));
            targets.insert(targets.end(), continuation.begin(), continuation.end());
        }
        const std::vector<float> logs = transformer.logProbabilities(at::cat(wanted), targets);
        for (std::size_t i = 0; i < logs.size(); ++i) {
            scores[begin + i / continuation.size()].push_back(logs[i]);
        }
        begin = end;
    }
    return scores;
}

} // namespace engine::model
