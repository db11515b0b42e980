#pragma once
/// Trains recurrent prompts on the tasks of the adapter's trainer: numbers hidden in book text and
/// asked for in a later segment, sentences of a passage to be quoted behind it, and consecutive
/// segments of books, the gradient through all that is carried. A plain curriculum: books and
/// quotes first; then the number of segments between needle and question rises when it is learnt.
/// The state of a training is what a checkpoint holds; nothing else decides what the next step
/// does.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/adapt/corpus.h"
#include "engine/adapt/needles.h"
#include "engine/adapt/optimizer.h"
#include "engine/adapt/prompt_student.h"

namespace engine::adapt {

struct PromptRecipe {
    std::int64_t batch = 16;        ///< needles of a step
    std::int64_t needleTokens = 64; ///< N of needles and of segments around them
    /// The same once needles are found at some depth, one drawn for each step: of longer segments
    /// there are fewer.
    std::vector<std::int64_t> laterNeedleTokens = {64, 64, 64, 256, 1024};
    std::int64_t mostBetween = 6;     ///< segments between needle and question; S is 2 more
    std::int64_t longestContext = 24; ///< book text before a question
    /// Steps before the first needles, at most `firstNeedlesShare` of all. From the beginning these
    /// teach the vectors to call up digits before they carry any, at the price of all other text.
    std::int64_t firstNeedles = 100;
    double firstNeedlesShare = 0.25;
    std::int64_t bookRows = 2048; ///< of a book batch, about; every step has one
    std::vector<std::int64_t> bookTokens = {256, 512, 1024}; ///< N of book batches
    double clip = 1;
    std::int64_t warmUp = 30; ///< steps

    /// Tokens that a text must have to be of use.
    [[nodiscard]] std::int64_t leastTokens() const;
};

struct PromptStepReport {
    std::int64_t step = 0; ///< done so far
    bool hasNeedles = false, hasBook = false, hasQuotes = false;
    double needleLoss = 0, tokenAccuracy = 0, exact = 0;
    double bookLoss = 0, quoteLoss = 0; ///< nats
    double gradientNorm = 0;
    bool isSkipped = false;   ///< its gradients were not finite; no parameter was changed
    std::int64_t ceiling = 0; ///< segments between needle and question at most
    double accuracy = 0;      ///< running, of digits of pass keys at the ceiling
};

class PromptTrainer {
public:
    /// `corpus` and `tokenizer` must outlive the object.
    PromptTrainer(std::shared_ptr<const model::Weights> weights, const model::Tokenizer& tokenizer,
                  const Corpus& corpus, const PromptShape& shape, const PromptRecipe& recipe,
                  std::uint64_t seed);

    /// `progress` from 0 to 1 is how far the training has come, which decides the learning rate.
    PromptStepReport step(double progress);

    [[nodiscard]] const PromptStudent& student() const { return m_student; }
    [[nodiscard]] const Parameters& parameters() const { return m_parameters; }
    [[nodiscard]] std::int64_t steps() const { return m_step; }

    /// The bytes of a checkpoint; `notes` are the caller's and come back from `restore`.
    [[nodiscard]] std::string checkpoint(const std::map<std::string, std::string>& notes) const;
    /// Throws BadWeights: not a checkpoint, or one of other weights, texts, method or sizes.
    std::map<std::string, std::string> restore(std::string_view bytes, const std::string& path);

private:
    void needleBatch(PromptStepReport& report);
    void quoteBatch(PromptStepReport& report);
    void bookBatch(PromptStepReport& report);
    [[nodiscard]] at::Tensor fillers(std::int64_t count, std::int64_t N);
    [[nodiscard]] std::map<std::string, std::string> identity() const;

    const model::Tokenizer& m_tokenizer;
    const Corpus& m_corpus;
    PromptRecipe m_recipe;
    std::shared_ptr<const model::Weights> m_weights;
    PromptStudent m_student;
    Parameters m_parameters;
    Optimizer m_optimizer;
    Random m_random;
    std::int64_t m_step = 0;
    std::int64_t m_ceiling = 0;
    double m_accuracy = 0.5;
};

} // namespace engine::adapt
