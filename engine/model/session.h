#pragma once
/// The engine's running state: a model and a memory, while reading (ReadingSession) or answering
/// (AnswerSession).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/memory.h"
#include "engine/model/tokenizer.h"
#include "engine/model/weights.h"

namespace engine::model {

/// Weights, tokenizer and adapter that belong together; immutable and shared by all sessions.
struct Model {
    std::shared_ptr<const Weights> weights;
    std::shared_ptr<const Tokenizer> tokenizer;
    std::shared_ptr<const Adapter> adapter;

    /// `adapterPath` empty: the untrained one. `memoryBytes` is what may be used, 0: what the
    /// machine has. Throws NoModel, BadWeights, NoMemory (with the sum, before anything is
    /// unpacked).
    static std::shared_ptr<const Model> load(const std::string& path,
                                             const std::string& adapterPath, Dtype dtype,
                                             std::int64_t memoryBytes = 0);
};

/// What reading leaves behind: the memory at a full segment boundary plus the pending tokens (fewer
/// than N).
struct ReadingState {
    Memory memory;
    std::vector<std::int32_t> pending;
    std::int64_t tokens = 0;   ///< read so far, pending included
    std::int64_t segments = 0; ///< written to the memory
};

/// What a snapshot must agree with, and what it remembers (infini-attention.md, section 9).
struct SnapshotHeader {
    std::string mode;
    std::int64_t segmentTokens = 0;
    std::string weightsSha256, adapterSha256, tokenizerSha256;
    std::string prefixSha256; ///< of the stored text [0, charEnd)
    std::int64_t charEnd = 0;
    std::int64_t page = 0;
    std::string engineVersion, device, dtype;
    std::int64_t threads = 0;
    std::int64_t parent = 0; ///< snapshot id, 0: none
};

/// One little-endian byte string: magic INFOSNAP, version, header, pending ids, M and z per layer
/// with CRC32C, SHA-256.
std::string saveSnapshot(const Model& model, const SnapshotHeader& header,
                         const ReadingState& state);

struct LoadedSnapshot {
    SnapshotHeader header;
    ReadingState state;
};

/// Checks everything of section 9 and throws BadSnapshot naming the field: bad magic, newer
/// version, checksum, length, shape, weights, adapter, tokenizer, mode, N, NaN, infinity, negative
/// z. `expected` gives mode, segmentTokens and prefixSha256 (empty: not compared).
LoadedSnapshot loadSnapshot(const Model& model, const SnapshotHeader& expected,
                            std::string_view bytes);

/// Streams a document's tokens into the memory, segment by segment. One thread at a time.
class ReadingSession {
public:
    ReadingSession(std::shared_ptr<const Model> model, Mode mode, std::int64_t segmentTokens);
    ReadingSession(std::shared_ptr<const Model> model, Mode mode, std::int64_t segmentTokens,
                   ReadingState start);
    ~ReadingSession();
    ReadingSession(ReadingSession&&) noexcept;
    ReadingSession& operator=(ReadingSession&&) noexcept;

    /// Appends tokens; every N of them are read and written to the memory. Takes no more than the
    /// tokens that complete one segment and returns how many it took, so that a caller can pause
    /// between segments.
    std::size_t push(std::span<const std::int32_t> ids);
    [[nodiscard]] const ReadingState& state() const;
    [[nodiscard]] std::int64_t segmentTokens() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

struct GenerateOptions {
    int maxTokens = 160;
    std::optional<std::uint64_t> seed; ///< unset: greedy
    double temperature = 0.7;          ///< with a seed
    double topP = 0.9;
    double repetitionPenalty = 1.0;
};

struct Generated {
    std::vector<std::int32_t> ids;
    std::string text;
    enum class End { StopToken, MaxTokens, WindowFull, Cancelled } end = End::StopToken;
};

/// Answers over a frozen copy of a reading's state: the local window holds the pending tokens, then
/// what is fed, then what is generated. The memory is never changed. One thread at a time.
class AnswerSession {
public:
    enum class MemoryUse { Loaded, Zeroed };

    /// `windowTokens` is limited by the model's context length.
    AnswerSession(std::shared_ptr<const Model> model, Mode mode, const ReadingState& state,
                  MemoryUse use = MemoryUse::Loaded);
    ~AnswerSession();
    AnswerSession(AnswerSession&&) noexcept;
    AnswerSession& operator=(AnswerSession&&) noexcept;

    /// Tokens the window can still take.
    [[nodiscard]] std::int64_t room() const;
    /// Appends tokens to the window. Throws DoesNotFit with both counts.
    void feed(std::span<const std::int32_t> ids);
    /// Generates from the end of the window. `onText` gets complete UTF-8 and returns false to
    /// stop.
    Generated generate(const GenerateOptions& options,
                       const std::function<bool(std::string_view)>& onText);
    /// Log-probability (nats) of each of `ids` as a continuation of the window, which is left
    /// unchanged.
    [[nodiscard]] std::vector<float> logProbabilities(std::span<const std::int32_t> ids);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// Log-probability in nats of each token of the continuation after each prefix, by the base model
/// with an empty memory and an empty window. Prefixes are run in batches; prefix + continuation
/// must fit the model's context (else DoesNotFit).
std::vector<std::vector<float>>
scoreContinuation(const Model& model, const std::vector<std::vector<std::int32_t>>& prefixes,
                  std::span<const std::int32_t> continuation);

/// Version of LibTorch, for a person.
std::string torchVersion();

/// Threads of LibTorch's team; 0: one per physical core. Returns the number in force.
int setThreads(int threads);

} // namespace engine::model
