#pragma once
/// What a run of `adapt` trains, seen from the run: steps to make, figures to tell, bytes to write.
/// One implementation for each method.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/adapt/dev_set.h"
#include "engine/adapt/trained_file.h"
#include "engine/adapt/training_checkpoint.h"

namespace engine::adapt {

/// One thread at a time.
class Training {
public:
    virtual ~Training() = default;

    /// Tokens that a text must have to be of use.
    [[nodiscard]] virtual std::int64_t leastTokens() const = 0;
    [[nodiscard]] virtual DevSizes devSizes(std::optional<std::int64_t> target) const = 0;

    struct Start {
        const Corpus& corpus;                       ///< must outlive the training
        std::optional<std::string_view> checkpoint; ///< bytes to go on with
        std::string checkpointPath;
        std::function<void(const std::string&)> remark; ///< takes a line for the log
        std::function<bool()> goOn;                     ///< what is measured is left out on a no
    };
    /// Called once, before all that follows; returns the notes of the checkpoint, or, of an adapter
    /// to begin with, what it tells of its training: former_seconds, former_steps, former_command.
    /// Throws BadWeights: a checkpoint of something else; and what reading such an adapter throws.
    virtual Fields begin(const Start& start) = 0;

    /// What the parameters that it began with find, measured before the first step.
    virtual void beginAt(const DevResult& /*found*/) {}

    /// "memory in layers 15-24"
    [[nodiscard]] virtual std::string description() const = 0;
    [[nodiscard]] virtual const Parameters& parameters() const = 0;
    /// Must not outlive the training.
    [[nodiscard]] virtual std::unique_ptr<DevReader> devReader() const = 0;
    /// Done so far, former runs included; 0 before `begin`.
    [[nodiscard]] virtual std::int64_t steps() const = 0;

    /// `progress` from 0 to 1 is how far the training has come. True unless the step's gradients
    /// were not finite: then no parameter was changed.
    virtual bool step(double progress, bool isBeforeFigures) = 0;
    /// Means over the steps since the last call, as a part of a line of the log.
    virtual std::string figures() = 0;

    /// The bytes of a checkpoint and of the file that is trained.
    [[nodiscard]] virtual std::string checkpoint(const Fields& notes) const = 0;
    [[nodiscard]] virtual std::string fileBytes(const TrainingHistory& history) const = 0;
};

/// Those of `lengths`, in tokens, that a model can be trained on: half of its context at most.
/// Throws WrongUse: none.
std::vector<std::int64_t> trainableLengths(std::vector<std::int64_t> lengths,
                                           std::int64_t contextTokens);

/// Of some numbers; 0 of none.
struct Mean {
    double sum = 0;
    std::int64_t count = 0;

    void add(double value) {
        sum += value;
        ++count;
    }
    [[nodiscard]] double value() const { return count > 0 ? sum / static_cast<double>(count) : 0; }
};

/// What the steps of either method report, over some steps.
struct TaskMeans {
    Mean needleLoss, digits, exact, bookLoss, quoteLoss, gradient;

    template <typename Report> void add(const Report& report) {
        gradient.add(report.gradientNorm);
        if (report.hasNeedles) {
            needleLoss.add(report.needleLoss);
            digits.add(report.tokenAccuracy);
            exact.add(report.exact);
        }
        if (report.hasBook) {
            bookLoss.add(report.bookLoss);
        }
        if (report.hasQuotes) {
            quoteLoss.add(report.quoteLoss);
        }
    }
    /// Parts of a line of the log; empty for what was not there. `measure` names what the method
    /// takes for the loss of quotes, which is not the same in all.
    [[nodiscard]] std::string needleText() const, bookText() const,
        quoteText(std::string_view measure) const, gradientText() const;
};

} // namespace engine::adapt
