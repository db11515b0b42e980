#pragma once
/// The tasks and the curriculum of section 10 of infini-attention.md, one step at a time. The state
/// of a training is what a checkpoint holds; nothing else decides what the next step does.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/adapt/corpus.h"
#include "engine/adapt/needles.h"
#include "engine/adapt/optimizer.h"
#include "engine/adapt/quotes.h"
#include "engine/adapt/student.h"

namespace engine::adapt {

struct Recipe {
    bool gatesOnly = false;
    std::int64_t batch = 32;        ///< needles of a step
    std::int64_t needleTokens = 64; ///< N of needles and distractors; the unit of all depths
    /// N of needles and distractors once keys are found at some depth, one drawn for each step: of
    /// longer segments there are fewer.
    std::vector<std::int64_t> laterNeedleTokens = {64, 64, 64, 64, 64, 256, 256, 256, 1024, 1024};
    std::int64_t distractors = 16;     ///< fresh segments of a step
    std::int64_t deepest = 20'000;     ///< segments behind a needle at most
    std::int64_t questionRows = 1536;  ///< of a step; longer questions make smaller batches
    std::int64_t longestContext = 960; ///< book text before a question
    std::int64_t bookEvery = 4;        ///< steps
    std::int64_t laterBookEvery = 2;   ///< steps, once keys are found at the greatest depth
    std::int64_t bookRows = 2048;      ///< of a book batch, about
    std::vector<std::int64_t> bookTokens = {256, 512, 1024}; ///< N of book batches
    std::int64_t quoteEvery = 4, laterQuoteEvery = 1;        ///< steps, as of books
    double bookWeight = 1, quoteWeight = 1;
    double klWeight = 3; ///< of KL(base with full attention ‖ trained) beside cross entropy
    std::int64_t transferSteps = 1000; ///< of attention transfer alone, at most two fifths of all
    std::int64_t transferEvery = 4;    ///< steps, beside the rest from then on; 0: never
    double transferWeight = 0.25;      ///< beside the rest
    std::int64_t heldTokens = 448;     ///< of a text of attention transfer
    double clip = 1;
    std::int64_t warmUp = 30; ///< steps

    /// Tokens that a text must have to be of use.
    [[nodiscard]] std::int64_t leastTokens() const;
};

/// How deep one kind of needle is trained: the ceiling rises as deep samples are answered.
struct Depth {
    std::int64_t ceiling = 0; ///< segments
    double accuracy = 0.5;    ///< running, of the deep samples
    double passes;            ///< accuracy that raises the ceiling

    /// Takes in the deep samples of a step.
    void learn(double accuracyOfStep, std::int64_t samples, std::int64_t deepest);
    /// Segments behind a sample: 20 % none, half of them in the upper half.
    [[nodiscard]] double draw(Random& random) const;
};

/// A book that is read on from batch to batch, so that memory is trained as full as it is in use.
struct Track {
    std::size_t text = 0;  ///< of Corpus::train
    std::int64_t next = 0; ///< token
    MemoryState memory;    ///< of what was read; B = 1, without gradient; empty: nothing yet
};

struct StepReport {
    std::int64_t step = 0; ///< done so far
    bool hasNeedles = false, hasBook = false, hasQuotes = false, hasTransfer = false;
    double needleLoss = 0, tokenAccuracy = 0, exact = 0;
    double bookLoss = 0;         ///< nats
    double quoteLoss = 0;        ///< nats of KL(base that sees the passage ‖ trained)
    double transferLoss = 0;     ///< nats between where the base attends and what memory weighs
    at::Tensor told, toldByBase; ///< of AttentionLoss; undefined: nothing was asked for
    double toldByChance = 0;     ///< of AttentionLoss
    double gradientNorm = 0;
    bool isSkipped = false; ///< its gradients were not finite; no parameter was changed
    std::int64_t keyCeiling = 0, namedCeiling = 0;
    double keyAccuracy = 0, namedAccuracy = 0;        ///< of digits; of whole numbers
    double gateMean = 0, gateLeast = 0, gateMost = 0; ///< sigmoid(β) over all heads
    double slope = 0;                                 ///< mean of β_pos
    Gauges gauges;                                    ///< when asked for
};

/// What the base model says at some rows: its likeliest tokens and their log-probabilities.
struct Taught {
    at::Tensor logs, tokens; ///< (n, k)
    /// KL(p ‖ q) over the tokens and, as one more, all the rest: never below 0, and 0 where q = p.
    /// Mean over the rows; logits (at least n, V), of which the first n count.
    [[nodiscard]] at::Tensor divergence(const at::Tensor& logits) const;
};

class Trainer {
public:
    /// `corpus` and `tokenizer` must outlive the object.
    Trainer(std::shared_ptr<const model::Weights> weights, const model::Tokenizer& tokenizer,
            const Corpus& corpus, const AdapterShape& shape, Parameters parameters,
            const Recipe& recipe, std::uint64_t seed);

    /// `progress` from 0 to 1 is how far the training has come, which decides the learning rate.
    StepReport step(double progress, bool wantsGauges);

    /// Depths to begin at, in segments, for parameters that find numbers already.
    void beginAt(std::int64_t keys, std::int64_t named);
    /// Accuracy from which on a depth is taken to be found.
    [[nodiscard]] double keysPass() const { return m_keys.passes; }
    [[nodiscard]] double namedPass() const { return m_named.passes; }

    [[nodiscard]] const Student& student() const { return m_student; }
    [[nodiscard]] const Parameters& parameters() const { return m_parameters; }
    [[nodiscard]] std::int64_t steps() const { return m_step; }

    /// The bytes of a checkpoint; `notes` are the caller's and come back from `restore`.
    [[nodiscard]] std::string checkpoint(const std::map<std::string, std::string>& notes) const;
    /// Throws BadWeights: not a checkpoint, or one of other weights, texts or sizes.
    std::map<std::string, std::string> restore(std::string_view bytes, const std::string& path);
    /// Where memory lies in a checkpoint. Throws BadWeights.
    static AdapterShape shapeOf(std::string_view bytes, const std::string& path);

private:
    void needleBatch(StepReport& report, Gauges* gauges);
    void bookBatch(StepReport& report);
    void quoteBatch(StepReport& report);
    void transferBatch(StepReport& report, double weight);
    [[nodiscard]] MemoryState replay(double segments) const;
    [[nodiscard]] std::int64_t contextTokens();
    /// Samples whose needles are read together have the same number.
    [[nodiscard]] std::vector<std::int64_t> groupsOf(const std::vector<NeedleKind>& kinds);
    [[nodiscard]] bool isDeepest() const { return m_keys.ceiling >= m_recipe.deepest; }
    [[nodiscard]] bool hasBook() const;
    [[nodiscard]] bool hasQuotes() const;
    /// Of the first `count` of `rows`.
    [[nodiscard]] Taught taught(const at::Tensor& x, const at::Tensor& rows,
                                std::int64_t count) const;
    /// A book from which `tokens` more can be read.
    Track& trackOf(std::int64_t tokens);
    [[nodiscard]] std::map<std::string, std::string> identity() const;

    const model::Tokenizer& m_tokenizer;
    const Corpus& m_corpus;
    Recipe m_recipe;
    std::shared_ptr<const model::Weights> m_weights;
    Student m_student;
    Parameters m_parameters;
    Optimizer m_optimizer;
    mutable Random m_random;
    std::int64_t m_step = 0;
    Depth m_keys{0, 0.5, 0.92}, m_named{0, 0.5, 0.65};
    std::vector<MemoryState> m_bank; ///< mean increments of the last steps' distractors
    std::vector<Track> m_tracks;
};

} // namespace engine::adapt
