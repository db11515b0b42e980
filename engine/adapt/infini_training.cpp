#include "engine/adapt/infini_training.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "engine/adapt/adapter_writer.h"
#include "engine/adapt/infini_dev.h"
#include "engine/adapt/shown.h"
#include "engine/adapt/trainer.h"
#include "engine/adapt/which_layers.h"
#include "engine/error.h"

namespace engine::adapt {

namespace {

/// What steps reported since the last line.
struct Window {
    TaskMeans tasks;
    Mean transferLoss, toldByChance;
    at::Tensor told, toldByBase; ///< sums, of each head

    void add(const StepReport& report) {
        tasks.add(report);
        if (report.hasTransfer) {
            transferLoss.add(report.transferLoss);
        }
        if (report.told.defined()) {
            told = told.defined() ? told + report.told : report.told;
            toldByBase = toldByBase.defined() ? toldByBase + report.toldByBase : report.toldByBase;
            toldByChance.add(report.toldByChance);
        }
    }
};

class InfiniTraining final : public Training {
public:
    InfiniTraining(std::shared_ptr<const model::Weights> weights, const model::Tokenizer& tokenizer,
                   const Options& options);

    [[nodiscard]] std::int64_t leastTokens() const override { return m_recipe.leastTokens(); }
    [[nodiscard]] DevSizes devSizes(std::optional<std::int64_t> target) const override;
    Fields begin(const Start& start) override;
    void beginAt(const DevResult& found) override;
    [[nodiscard]] std::string description() const override {
        return "memory in layers " + std::to_string(m_shape.firstLayer) + "-" +
               std::to_string(m_shape.lastLayer);
    }
    [[nodiscard]] const Parameters& parameters() const override { return m_trainer->parameters(); }
    [[nodiscard]] std::unique_ptr<DevReader> devReader() const override {
        return infiniDevReader(m_trainer->student());
    }
    [[nodiscard]] std::int64_t steps() const override { return m_trainer ? m_trainer->steps() : 0; }
    bool step(double progress, bool isBeforeFigures) override;
    std::string figures() override;
    [[nodiscard]] std::string checkpoint(const Fields& notes) const override {
        return m_trainer->checkpoint(notes);
    }
    [[nodiscard]] std::string fileBytes(const TrainingHistory& history) const override {
        return adapterBytes(m_trainer->parameters(), m_shape, *m_weights, history);
    }

private:
    [[nodiscard]] AdapterShape chosenShape() const;
    /// Of what is gone on with. Throws WrongUse: others were named.
    void requireLayersAsBegun() const;
    /// Measures which layers to take.
    void measureLayers(const Start& start);

    std::shared_ptr<const model::Weights> m_weights;
    const model::Tokenizer& m_tokenizer;
    const Options m_options;
    AdapterShape m_shape;
    Recipe m_recipe;
    std::unique_ptr<Trainer> m_trainer;
    StepReport m_last;
    Window m_window;
};

InfiniTraining::InfiniTraining(std::shared_ptr<const model::Weights> weights,
                               const model::Tokenizer& tokenizer, const Options& options)
    : m_weights(std::move(weights)), m_tokenizer(tokenizer), m_options(options) {
    if (!m_options.from.empty() && m_options.resume) {
        throw Error(Code::WrongUse, "A training goes on with its checkpoint or begins with an "
                                    "adapter; give --resume or --from, not both.");
    }
    m_shape = chosenShape();
    // A model of a small context is trained on what it can read.
    const std::int64_t context = m_weights->config.contextTokens;
    m_recipe.bookTokens = trainableLengths(m_recipe.bookTokens, context);
    std::erase_if(m_recipe.laterNeedleTokens, [&](std::int64_t N) { return N > context / 2; });
    m_recipe.longestContext = std::min<std::int64_t>(m_recipe.longestContext, context / 4);
    m_recipe.heldTokens = std::min(m_recipe.heldTokens, context / 4);
    m_recipe.gatesOnly = m_options.gatesOnly;
    if (!m_options.from.empty()) {
        m_recipe.transferSteps = 0; // an adapter that was trained needs no beginning
    }
    m_recipe.klWeight = m_options.klWeight;
}

AdapterShape InfiniTraining::chosenShape() const {
    AdapterShape shape = AdapterShape::usual(m_weights->config);
    const std::int64_t layers = m_weights->config.layers;
    if (m_options.layers.empty() || m_options.layers == "auto") {
        return shape;
    }
    char rest = 0;
    if (std::sscanf(m_options.layers.c_str(), "%ld-%ld%c", &shape.firstLayer, &shape.lastLayer,
                    &rest) != 2 ||
        shape.firstLayer < 0 || shape.lastLayer < shape.firstLayer || shape.lastLayer >= layers) {
        throw Error(Code::WrongUse, "The layers are \"" + m_options.layers +
                                        "\"; give auto, or first-last within 0-" +
                                        std::to_string(layers - 1) + ".");
    }
    return shape;
}

void InfiniTraining::requireLayersAsBegun() const {
    if (m_options.layers.empty() || m_options.layers == "auto") {
        return;
    }
    const AdapterShape named = chosenShape();
    if (named.firstLayer != m_shape.firstLayer || named.lastLayer != m_shape.lastLayer) {
        throw Error(Code::WrongUse, "The layers are \"" + m_options.layers +
                                        "\", and what the training goes on with has " +
                                        description() + "; leave --layers out, or begin anew.");
    }
}

DevSizes InfiniTraining::devSizes(std::optional<std::int64_t> target) const {
    DevSizes sizes;
    sizes.bookTokens = m_recipe.bookTokens.back();
    sizes.depths = {0, 64, 512, 4096, 16384};
    sizes.namedDepths = {0, 64, 512};
    if (target && std::ranges::find(sizes.depths, *target) == sizes.depths.end()) {
        sizes.depths.push_back(*target);
        std::ranges::sort(sizes.depths);
    }
    return sizes;
}

void InfiniTraining::measureLayers(const Start& start) {
    const RecallLayers recall =
        measureRecall(m_weights, m_tokenizer, start.corpus.train, m_options.seed, start.goOn);
    m_shape.firstLayer = recall.first;
    m_shape.lastLayer = recall.last;
    std::string line = "nats per digit lost by a cut in each layer:";
    for (const double lost : recall.lost) {
        line += ' ';
        line += shown(lost, "%.2f");
    }
    start.remark(line);
}

Fields InfiniTraining::begin(const Start& start) {
    Parameters parameters;
    Fields notes;
    if (start.checkpoint) {
        m_shape = Trainer::shapeOf(*start.checkpoint, start.checkpointPath);
    } else if (!m_options.from.empty()) {
        ReadAdapter read = readAdapter(m_options.from, *m_weights);
        m_shape = read.shape;
        parameters = std::move(read.parameters);
        for (const char* const name :
             {"seconds", "steps", "command", "seed", "data_sha256", "texts"}) {
            if (const auto field = read.metadata.find(name); field != read.metadata.end()) {
                notes[std::string("former_") + name] = field->second;
            }
        }
    } else if (m_options.layers == "auto") {
        measureLayers(start);
    }
    if (start.checkpoint || !m_options.from.empty()) {
        requireLayersAsBegun();
    }
    if (parameters.all.empty()) {
        parameters = Parameters::fresh(m_weights->config, m_shape, m_options.seed);
    }
    m_trainer = std::make_unique<Trainer>(m_weights, m_tokenizer, start.corpus, m_shape,
                                          std::move(parameters), m_recipe, m_options.seed);
    return start.checkpoint ? m_trainer->restore(*start.checkpoint, start.checkpointPath) : notes;
}

void InfiniTraining::beginAt(const DevResult& found) {
    const auto deepest = [](const DevResult::Shares& shares, double passes) {
        std::int64_t depth = 0;
        for (const auto& [at, share] : shares) {
            if (share < passes) {
                break;
            }
            depth = at;
        }
        return depth;
    };
    m_trainer->beginAt(deepest(found.keys, m_trainer->keysPass()),
                       deepest(found.named, m_trainer->namedPass()));
}

bool InfiniTraining::step(double progress, bool isBeforeFigures) {
    m_last = m_trainer->step(progress, isBeforeFigures);
    m_window.add(m_last);
    return !m_last.isSkipped;
}

std::string InfiniTraining::figures() {
    const Window w = std::exchange(m_window, {});
    const StepReport& step = m_last;
    std::string line = w.tasks.needleText();
    if (w.tasks.needleLoss.count > 0) {
        line += "  depth " + std::to_string(step.keyCeiling) + " (" +
                shown(step.keyAccuracy, "%.2f") + ")  named " + std::to_string(step.namedCeiling) +
                " (" + shown(step.namedAccuracy, "%.2f") + ")";
    }
    line += w.tasks.bookText() + w.tasks.quoteText("KL");
    if (w.transferLoss.count > 0) {
        line += "  attention " + shown(w.transferLoss.value());
    }
    if (w.told.defined()) {
        const auto count = static_cast<double>(w.toldByChance.count);
        const at::Tensor told = w.told / count, base = w.toldByBase / count;
        line += "  names " + shown(told.max().item<double>()) + " (mean " +
                shown(told.mean().item<double>()) + ", the base's " +
                shown(base.max().item<double>()) + " and " + shown(base.mean().item<double>()) +
                ", chance " + shown(w.toldByChance.value()) + ")";
    }
    line += w.tasks.gradientText() + "  gates " + shown(step.gateMean) + " (" +
            shown(step.gateLeast) + "-" + shown(step.gateMost) + ", slope " + shown(step.slope) +
            ")";
    const Gauges& gauges = step.gauges;
    if (gauges.writes > 0 && gauges.reads > 0) {
        line += "  write " + shown(Mean{gauges.writeGate, gauges.writes}.value()) + "  share " +
                shown(Mean{gauges.memoryShare, gauges.reads}.value()) + "  least mass " +
                shown(gauges.leastMass, "%.1e");
    }
    return line;
}

} // namespace

std::unique_ptr<Training> infiniTraining(std::shared_ptr<const model::Weights> weights,
                                         const model::Tokenizer& tokenizer,
                                         const Options& options) {
    return std::make_unique<InfiniTraining>(std::move(weights), tokenizer, options);
}

} // namespace engine::adapt
