#pragma once
/// What a refusal must be.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/error.h"

namespace tests {

/// Expects `action` to throw Error with this code and a sentence that has all of `parts`.
template <typename Action>
void expectError(const Action& action, engine::Code code, const std::vector<std::string>& parts) {
    try {
        action();
        ADD_FAILURE() << "no error";
    } catch (const engine::Error& error) {
        EXPECT_EQ(engine::name(error.code()), engine::name(code)) << error.what();
        for (const std::string& part : parts) {
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
                << "\"" << part << "\" is not in: " << error.what();
        }
    }
}

} // namespace tests
