#pragma once
/// What a refused model file must say.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/error.h"

namespace tests {

/// Expects `action` to throw BadWeights with a sentence that has all of `parts`.
template <typename Action>
void expectRefused(Action action, const std::vector<std::string>& parts) {
    try {
        action();
        FAIL() << "not refused";
    } catch (const engine::Error& error) {
        EXPECT_EQ(error.code(), engine::Code::BadWeights) << error.what();
        for (const std::string& part : parts) {
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
                << "\"" << part << "\" is not in: " << error.what();
        }
    }
}

} // namespace tests
