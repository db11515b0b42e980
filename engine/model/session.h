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
#include "engine/model/prompt.h"
#include "engine/model/segment_cache.h"
#include "engine/model/tokenizer.h"
#include "engine/model/weights.h"

namespace engine::model {

/// Weights, tokenizer and what was trained for them, which belong together; immutable and shared by
/// all sessions.
struct Model {
    std::shared_ptr<const Weights> weights;
    std::shared_ptr<const Tokenizer> tokenizer;
    std::shared_ptr<const Adapter> adapter; ///< untrained beside a prompt
    std::shared_ptr<const Prompt> prompt;   ///< of rmt or autocompressor; null: none
    std::string adapterPath;                ///< of the file of either; empty: untrained
    std::int64_t stateBytes = INT64_MAX;    ///< the most that a reading's state may take

    /// `adapterPath` empty: the untrained one. `memoryBytes` is what may be used, 0: what the
    /// machine has. Throws NoModel, BadWeights, NoMemory (with the sum, before anything is
    /// unpacked), and as `withAdapter` does.
    static std::shared_ptr<const Model> load(const std::string& path,
                                             const std::string& adapterPath, Dtype dtype,
                                             std::int64_t memoryBytes = 0);
    /// The same with the adapter, or the prompt, of a file. Throws as AdapterFile::load and
    /// PromptFile::load do.
    [[nodiscard]] std::shared_ptr<const Model> withAdapter(const std::string& path) const;
    /// No where the mode needs a prompt and the file in use is none or one of the other method, and
    /// for a mode with memory beside a prompt.
    [[nodiscard]] bool suits(Mode mode) const;
    /// What a mode's layers read and write by: null in those without a memory, which run on the
    /// base model whatever file is in use.
    [[nodiscard]] std::shared_ptr<const Adapter> adapterOf(Mode mode) const {
        return hasMemory(mode) ? adapter : nullptr;
    }
    /// A sentence where the adapter was made for the other rule or for other segments than
    /// these, and the mode reads with it; else empty.
    [[nodiscard]] std::string otherwiseTrained(Mode mode, std::int64_t segmentTokens) const;
    /// Throws WrongUse where it does not suit, saying what file to name.
    void requireTrainedFor(Mode mode) const;
};

/// What reading leaves behind: the memory, or the tokens or vectors of the other modes, at a full
/// segment boundary plus the pending tokens (fewer than N).
struct ReadingState {
    Memory memory;
    SegmentCache cache;
    at::Tensor vectors; ///< (m, E) fp32, m = p or p·segments; undefined before the first segment
    std::vector<std::int32_t> pending;
    std::int64_t tokens = 0;   ///< read so far, pending included
    std::int64_t segments = 0; ///< written to memory or cache

    /// Before the first token. Throws as Model::requireTrainedFor does.
    static ReadingState empty(const Model& model, Mode mode, std::int64_t segmentTokens);
    /// Whether an answer's window shows tokens of the text before what is fed to it.
    [[nodiscard]] bool showsText() const;
    [[nodiscard]] std::int64_t bytes() const;   ///< of memory, cache and vectors
    [[nodiscard]] std::int64_t numbers() const; ///< in these, whatever their type
};

/// Streams a document's tokens into the state. Whole segments that come together are read layer by
/// layer: each layer over all of them before the next. One thread at a time.
class ReadingSession {
public:
    /// `chunkTokens`, a multiple of N, is the most that is read in one go; 0: one segment. However
    /// the tokens come, the state has the same bits. Throws WrongUse for a segment that the model's
    /// context does not hold, with what the mode shows beside it, as Model::requireTrainedFor, and
    /// NoMemory when a device's memory is used up.
    ReadingSession(std::shared_ptr<const Model> model, Mode mode, std::int64_t segmentTokens,
                   std::int64_t chunkTokens = 0);
    ReadingSession(std::shared_ptr<const Model> model, Mode mode, std::int64_t segmentTokens,
                   ReadingState start, std::int64_t chunkTokens = 0);
    ~ReadingSession();
    ReadingSession(ReadingSession&&) noexcept;
    ReadingSession& operator=(ReadingSession&&) noexcept;

    /// Appends tokens; every N of them are read and written to the state. Takes no more than the
    /// tokens that complete one segment (or `chunkTokens`) and returns how many it took, so that a
    /// caller can pause between segments. Throws DoesNotFit, with figures, when the mode is Full
    /// and the text exceeds the model's context or the memory at hand, or when it is Autocompressor
    /// and the vectors of all segments exceed the context, and NoMemory when a device's memory is
    /// used up; then nothing was taken.
    std::size_t push(std::span<const std::int32_t> ids);
    /// `push` on several sessions of the same model, mode and N at once, each layer over the
    /// segments of all: same bits as one after the other. Either all take their tokens, or none.
    static std::vector<std::size_t>
    pushTogether(std::span<ReadingSession* const> sessions,
                 std::span<const std::span<const std::int32_t>> ids);
    [[nodiscard]] const ReadingState& state() const;
    [[nodiscard]] std::int64_t segmentTokens() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// What an answer's window sees before itself, of the tokens that the mode keeps or of its vectors;
/// without layers: nothing. Throws as Model::requireTrainedFor does.
SegmentCache visibleCache(const Model& model, Mode mode, const ReadingState& state);

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
    /// What the answer reads of the state: all, nothing, or (a control, see controls.h) memory or
    /// tokens in a wrong order.
    enum class MemoryUse { Loaded, Zeroed, Shuffled };

    /// The window is limited by the model's context length. Throws as Model::requireTrainedFor; as
    /// all members and the functions below, NoMemory when a device's memory is used up.
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

    struct Impl;

private:
    friend std::vector<Generated>
    generateTogether(std::span<AnswerSession* const> sessions,
                     std::span<const GenerateOptions> options,
                     const std::function<bool(std::size_t, std::string_view)>& onText);
    std::unique_ptr<Impl> m_impl;
};

/// As `generate` of each session, which must have been made of the same state (else WrongUse), with
/// options[i]: the weights are read once for up to eight tokens. `onText` gets the session's index
/// and returns false to stop that one.
std::vector<Generated>
generateTogether(std::span<AnswerSession* const> sessions, std::span<const GenerateOptions> options,
                 const std::function<bool(std::size_t, std::string_view)>& onText);

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
