#include "engine/model/session.h"

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <sched.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <set>
#include <utility>

#include "engine/error.h"
#include "engine/model/model_file.h"
#include "engine/model/sampler.h"
#include "engine/model/transformer.h"

namespace engine::model {

namespace {

constexpr std::int64_t kLargestChunk = 1024; ///< rows of one pass over a window
constexpr std::int64_t kPackedRows = 4096;   ///< rows of one pass over packed sequences
constexpr std::int64_t kActivationBytes = 128 << 20;

/// Matrix products are called with few different row counts: 1, 64, 128, … 1,024.
std::int64_t rowBucket(std::int64_t rows) {
    std::int64_t bucket = 64;
    while (bucket < rows) {
        bucket *= 2;
    }
    return rows == 1 ? 1 : bucket;
}

/// (1, rows) int64, filled up with token 0 behind the ids.
at::Tensor idTensor(std::span<const std::int32_t> ids, std::int64_t rows) {
    at::Tensor tensor = at::zeros({1, rows}, at::TensorOptions().dtype(at::kLong));
    std::copy(ids.begin(), ids.end(), tensor.mutable_data_ptr<std::int64_t>());
    return tensor;
}

std::int64_t machineBytes() {
    return sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE);
}

std::string megabytes(std::int64_t bytes) {
    return std::to_string(bytes >> 20) + " MiB";
}

void requireMemory(const ModelFile& file, Dtype dtype, std::int64_t available) {
    std::int64_t values = 0;
    for (const FileTensor& tensor : file.tensors()) {
        values += std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{1},
                                  std::multiplies<>());
    }
    const std::int64_t weights = values * (dtype == Dtype::BFloat16 ? 2 : 4);
    if (weights + kActivationBytes > available) {
        throw Error(Code::NoMemory, file.path() + ": the weights take " + megabytes(weights) +
                                        " and running them " + megabytes(kActivationBytes) +
                                        ", together more than the " + megabytes(available) +
                                        " of memory at hand; use a smaller model");
    }
}

} // namespace

std::shared_ptr<const Model> Model::load(const std::string& path, const std::string& adapterPath,
                                         Dtype dtype, std::int64_t memoryBytes) {
    std::error_code error;
    if (path.empty() || !std::filesystem::exists(path, error)) {
        throw Error(Code::NoModel, (path.empty() ? "the path of the model is empty"
                                                 : path + ": there is no model file here") +
                                       "; name a GGUF file or a folder with safetensors");
    }
    if (!adapterPath.empty()) {
        throw Error(Code::BadWeights, adapterPath +
                                          ": this build reads books with the untrained memory "
                                          "only; leave the adapter out");
    }
    const c10::InferenceMode inference;
    const auto file = ModelFile::open(path);
    requireMemory(*file, dtype, memoryBytes > 0 ? memoryBytes : machineBytes());
    auto model = std::make_shared<Model>();
    model->tokenizer = Tokenizer::load(*file);
    model->weights = Weights::load(*file, dtype);
    model->adapter = Adapter::untrained(model->weights->config);
    if (model->tokenizer->vocabulary() > model->weights->config.vocabulary) {
        throw Error(Code::BadWeights, path + ": the tokenizer has " +
                                          std::to_string(model->tokenizer->vocabulary()) +
                                          " tokens, the embedding " +
                                          std::to_string(model->weights->config.vocabulary) +
                                          " rows; the file is damaged, get it again");
    }
    return model;
}

// ---- ReadingSession

struct ReadingSession::Impl {
    std::shared_ptr<const Model> model;
    Mode mode;
    std::int64_t segmentTokens;
    Transformer transformer;
    ReadingState state;

    void readSegment() {
        if (mode == Mode::InfiniLinear) {
            const c10::InferenceMode inference;
            // Written to a copy: tensors that a state has handed out never change, and a failed
            // pass leaves the state whole.
            Memory next = state.memory.clone();
            Pass pass;
            pass.read = &next;
            pass.write = &next;
            transformer.read(idTensor(state.pending, segmentTokens), pass);
            next.tokens += segmentTokens;
            state.memory = std::move(next);
        }
        state.pending.clear();
        ++state.segments;
    }
};

namespace {

ReadingState emptyState(const Model& model, Mode mode) {
    const c10::InferenceMode inference;
    ReadingState state;
    if (mode == Mode::InfiniLinear) {
        state.memory = Memory::empty(model.weights->config, *model.adapter);
    }
    return state;
}

std::shared_ptr<const Adapter> adapterFor(const Model& model, Mode mode) {
    return mode == Mode::InfiniLinear ? model.adapter : nullptr;
}

} // namespace

ReadingSession::ReadingSession(std::shared_ptr<const Model> model, Mode mode,
                               std::int64_t segmentTokens)
    : ReadingSession(model, mode, segmentTokens, emptyState(*model, mode)) {}

ReadingSession::ReadingSession(std::shared_ptr<const Model> model, Mode mode,
                               std::int64_t segmentTokens, ReadingState start) {
    const std::int64_t context = model->weights->config.contextTokens;
    if (segmentTokens < 1 || segmentTokens > context) {
        throw Error(Code::WrongUse, "a segment of " + std::to_string(segmentTokens) +
                                        " tokens cannot be read; choose 1 to " +
                                        std::to_string(context) + ", the model's context");
    }
    assert(static_cast<std::int64_t>(start.pending.size()) < segmentTokens);
    Transformer transformer(model->weights, adapterFor(*model, mode));
    m_impl = std::make_unique<Impl>(
        Impl{std::move(model), mode, segmentTokens, std::move(transformer), std::move(start)});
}

ReadingSession::~ReadingSession() = default;
ReadingSession::ReadingSession(ReadingSession&&) noexcept = default;
ReadingSession& ReadingSession::operator=(ReadingSession&&) noexcept = default;

std::size_t ReadingSession::push(std::span<const std::int32_t> ids) {
    ReadingState& state = m_impl->state;
    const std::size_t before = state.pending.size();
    const std::size_t taken =
        std::min(ids.size(), static_cast<std::size_t>(m_impl->segmentTokens) - before);
    state.pending.insert(state.pending.end(), ids.begin(),
                         ids.begin() + static_cast<std::ptrdiff_t>(taken));
    if (static_cast<std::int64_t>(state.pending.size()) == m_impl->segmentTokens) {
        try {
            m_impl->readSegment();
        } catch (...) {
            state.pending.resize(before);
            throw;
        }
    }
    state.tokens += static_cast<std::int64_t>(taken);
    return taken;
}

const ReadingState& ReadingSession::state() const {
    return m_impl->state;
}

std::int64_t ReadingSession::segmentTokens() const {
    return m_impl->segmentTokens;
}

// ---- AnswerSession

struct AnswerSession::Impl {
    std::shared_ptr<const Model> model;
    Transformer transformer;
    Memory memory; ///< frozen; a bf16 copy when the model is bf16; n = 0: none
    KvCache cache;
    std::int64_t size = 0; ///< tokens in the window
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
        if (size == 0) {
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
    const bool isRead = mode == Mode::InfiniLinear && use == MemoryUse::Loaded;
    Transformer transformer(model->weights, adapterFor(*model, mode));
    m_impl = std::make_unique<Impl>(Impl{model,
                                         std::move(transformer),
                                         isRead ? frozen(*model, state.memory) : Memory{},
                                         KvCache(*model->weights),
                                         0,
                                         {}});
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

// ---- scoring

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

std::string torchVersion() {
    return TORCH_VERSION;
}

int setThreads(int threads) {
    if (threads <= 0) {
        // One per physical core among those that this process may use.
        cpu_set_t allowed;
        CPU_ZERO(&allowed);
        std::set<std::pair<int, int>> cores;
        if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
            for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
                if (!CPU_ISSET(cpu, &allowed)) {
                    continue;
                }
                const std::string topology =
                    "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
                int package = 0, core = cpu;
                std::ifstream(topology + "physical_package_id") >> package;
                std::ifstream(topology + "core_id") >> core;
                cores.emplace(package, core);
            }
        }
        threads = std::max<int>(1, static_cast<int>(cores.size()));
    }
    at::set_num_threads(threads);
    return at::get_num_threads();
}

} // namespace engine::model
