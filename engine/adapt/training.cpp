#include "engine/adapt/training.h"

#include "engine/error.h"

namespace engine::adapt {

std::vector<std::int64_t> trainableLengths(std::vector<std::int64_t> lengths,
                                           std::int64_t contextTokens) {
    std::erase_if(lengths, [&](std::int64_t N) { return N > contextTokens / 2; });
    if (lengths.empty()) {
        throw Error(Code::WrongUse, "The model's context of " + std::to_string(contextTokens) +
                                        " tokens is too short for training; it must hold 512.");
    }
    return lengths;
}

double mean(double sum, std::int64_t count) {
    return count > 0 ? sum / static_cast<double>(count) : 0.0;
}

} // namespace engine::adapt
