#include "engine/adapt/prompt_training.h"

#include <algorithm>
#include <utility>

#include "engine/adapt/prompt_dev.h"
#include "engine/adapt/prompt_trainer.h"
#include "engine/adapt/shown.h"
#include "engine/error.h"

namespace engine::adapt {

namespace {

constexpr std::int64_t kDeepestTarget = 256; ///< segments, each of which is read in turn

class PromptTraining final : public Training {
public:
    PromptTraining(std::shared_ptr<const model::Weights> weights, const model::Tokenizer& tokenizer,
                   const Options& options)
        : m_weights(std::move(weights)), m_tokenizer(tokenizer), m_seed(options.seed) {
        if (!options.layers.empty() || options.gatesOnly || !options.from.empty()) {
            throw Error(Code::WrongUse,
                        "--layers, --stage and --from are options of the method infini; "
                        "leave them out with the method " +
                            options.method + ".");
        }
        m_shape.method = model::modeFromName(options.method);
        const std::int64_t context = m_weights->config.contextTokens;
        m_recipe.bookTokens = trainableLengths(m_recipe.bookTokens, context);
        std::erase_if(m_recipe.laterNeedleTokens, [&](std::int64_t N) { return N > context / 2; });
        const std::int64_t deepest = deepestTarget();
        if (options.target && *options.target > deepest) {
            throw Error(Code::WrongUse, "The target is " + std::to_string(*options.target) +
                                            " segments; with the method " + options.method +
                                            " and this model it may be " + std::to_string(deepest) +
                                            " at most.");
        }
    }

    [[nodiscard]] std::int64_t leastTokens() const override { return m_recipe.leastTokens(); }

    [[nodiscard]] DevSizes devSizes(std::optional<std::int64_t> target) const override {
        DevSizes sizes;
        sizes.bookTokens = m_recipe.bookTokens.back();
        sizes.depths = {0, 1, 2, 4, 8};
        sizes.namedDepths = {0, 2};
        if (target && std::ranges::find(sizes.depths, *target) == sizes.depths.end()) {
            sizes.depths.push_back(*target);
            std::ranges::sort(sizes.depths);
        }
        return sizes;
    }

    Fields begin(const Start& start) override {
        m_trainer = std::make_unique<PromptTrainer>(m_weights, m_tokenizer, start.corpus, m_shape,
                                                    m_recipe, m_seed);
        return start.checkpoint ? m_trainer->restore(*start.checkpoint, start.checkpointPath)
                                : Fields();
    }

    [[nodiscard]] std::string description() const override {
        return "method " + model::nameOf(m_shape.method) + ", " + std::to_string(m_shape.vectors) +
               " vectors, additions of rank " + std::to_string(m_shape.rank);
    }

    [[nodiscard]] const Parameters& parameters() const override { return m_trainer->parameters(); }

    [[nodiscard]] std::unique_ptr<DevReader> devReader() const override {
        return promptDevReader(m_trainer->student());
    }

    [[nodiscard]] std::int64_t steps() const override { return m_trainer ? m_trainer->steps() : 0; }

    bool step(double progress, bool /*isBeforeFigures*/) override {
        m_last = m_trainer->step(progress);
        m_means.add(m_last);
        return !m_last.isSkipped;
    }

    std::string figures() override {
        const TaskMeans means = std::exchange(m_means, {});
        return means.needleText() + "  depth " + std::to_string(m_last.ceiling) + " (" +
               shown(m_last.accuracy, "%.2f") + ")" + means.bookText() +
               means.quoteText("cross entropy") + means.gradientText();
    }

    [[nodiscard]] std::string checkpoint(const Fields& notes) const override {
        return m_trainer->checkpoint(notes);
    }

    [[nodiscard]] std::string fileBytes(const TrainingHistory& history) const override {
        return promptBytes(m_trainer->parameters(), m_shape, *m_weights, history);
    }

private:
    /// Where the question still stands in the model's context, behind all vectors and with room for
    /// a segment beside them.
    [[nodiscard]] std::int64_t deepestTarget() const {
        if (m_shape.method == model::Mode::Rmt) {
            return kDeepestTarget;
        }
        const std::int64_t context = m_weights->config.contextTokens;
        return std::min(kDeepestTarget, context / 2 / m_shape.vectors);
    }

    std::shared_ptr<const model::Weights> m_weights;
    const model::Tokenizer& m_tokenizer;
    std::uint64_t m_seed;
    PromptShape m_shape;
    PromptRecipe m_recipe;
    std::unique_ptr<PromptTrainer> m_trainer;
    PromptStepReport m_last;
    TaskMeans m_means;
};

} // namespace

std::unique_ptr<Training> promptTraining(std::shared_ptr<const model::Weights> weights,
                                         const model::Tokenizer& tokenizer,
                                         const Options& options) {
    return std::make_unique<PromptTraining>(std::move(weights), tokenizer, options);
}

} // namespace engine::adapt
