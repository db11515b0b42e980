#pragma once
/// Generating over a frozen memory, timed.

#include <memory>
#include <span>
#include <vector>

#include "engine/model/session.h"

namespace bench {

inline constexpr int kDecodedTokens = 64;

/// One answer's window, refilled for every run.
class Decoding {
public:
    /// The window holds the state's pending tokens and `window`.
    Decoding(std::shared_ptr<const engine::model::Model> model, engine::model::ReadingState state,
             std::span<const std::int32_t> window)
        : m_model(std::move(model)), m_state(std::move(state)),
          m_window(window.begin(), window.end()) {}

    /// Tokens per second of generating 64 tokens, or fewer when the model ends before.
    double run() const;
    /// Tokens per second of `count` such windows together, each with a seed of its own.
    double runTogether(std::size_t count) const;
    /// Seconds from the state to the first generated token: opening it, reading its pending tokens
    /// and the window, one step.
    double firstToken() const;

private:
    std::shared_ptr<const engine::model::Model> m_model;
    engine::model::ReadingState m_state;
    std::vector<std::int32_t> m_window;
};

} // namespace bench
