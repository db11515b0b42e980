#pragma once
/// What a refused model file must say.

#include <string>
#include <vector>

#include "tests/support/expect_error.h"

namespace tests {

/// Expects `action` to throw BadWeights with a sentence that has all of `parts`.
template <typename Action>
void expectRefused(const Action& action, const std::vector<std::string>& parts) {
    expectError(action, engine::Code::BadWeights, parts);
}

} // namespace tests
