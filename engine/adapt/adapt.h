#pragma once
/// Trains an adapter from plain texts: one call does everything, writes checkpoints and the adapter
/// as it goes, and can be gone on with.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/tokenizer.h"
#include "engine/model/weights.h"

namespace engine::adapt {

struct Options {
    std::vector<std::string> texts; ///< files, and folders of *.txt
    std::string output;             ///< the adapter; OUT.checkpoint and OUT.log lie beside it
    std::string method = "infini";  ///< or recurrent prompts: "rmt", "autocompressor"
    std::string layers;             ///< infini: "15-24", "auto", or empty: 50 to 83 % of the depth
    std::optional<double> minutes;  ///< of training in all, former runs included
    std::optional<std::int64_t> steps;
    std::optional<std::int64_t> target; ///< segments among which a key is to be found
    double targetShare = 0.95;          ///< of cases, for that to be the end
    std::uint64_t seed = 0;
    bool gatesOnly = false; ///< infini
    /// infini: an adapter to begin with, at the depths at which it finds numbers in held-out books;
    /// empty: nothing.
    std::string from;
    bool resume = false; ///< go on with OUT.checkpoint
    bool force = false;  ///< replace an adapter that is there
    std::string refused; ///< list of texts that may not be trained on; empty: none
    double klWeight = 3; ///< infini
    double checkpointMinutes = 10;
    std::int64_t evaluateEvery = 100; ///< steps
    std::string engineVersion;
};

/// What a training tells while it runs.
struct Report {
    std::string line;      ///< as it stands in the log
    bool isResult = false; ///< a line of held-out figures, or a remark, rather than of progress
    std::int64_t step = 0;
    double progress = 0; ///< 0 … 1; 0 when only a target ends it
    std::optional<double> etaSeconds;
};

/// Runs until an end is reached or `isCancelled`, between steps; then checkpoint and adapter are
/// written. Throws WrongUse (no end named, another method, another seed than it was begun with,
/// options that the method does not have, layers that are none or not those that it goes on with, a
/// context too short for training, what Corpus::load says), CannotWrite (an adapter is there, or
/// the log cannot be written), FileMissing, BadWeights (a checkpoint of something else, a note that
/// is no number, an adapter to begin with that model::AdapterFile refuses), DiskFull.
void adapt(const std::shared_ptr<const model::Weights>& weights, const model::Tokenizer& tokenizer,
           const Options& options, const std::function<void(const Report&)>& tell,
           const std::function<bool()>& isCancelled);

} // namespace engine::adapt
