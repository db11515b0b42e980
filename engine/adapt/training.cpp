#include "engine/adapt/training.h"

#include "engine/adapt/shown.h"
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

std::string TaskMeans::needleText() const {
    return needleLoss.count == 0 ? ""
                                 : "  needle " + shown(needleLoss.value()) + "  digits " +
                                       shown(digits.value()) + "  exact " + shown(exact.value());
}

std::string TaskMeans::bookText() const {
    return bookLoss.count == 0 ? "" : "  book " + shown(bookLoss.value());
}

std::string TaskMeans::quoteText(std::string_view measure) const {
    return quoteLoss.count == 0
               ? ""
               : "  quotes " + std::string(measure) + " " + shown(quoteLoss.value());
}

std::string TaskMeans::gradientText() const {
    return "  gradient " + shown(gradient.value(), "%.2f");
}

} // namespace engine::adapt
