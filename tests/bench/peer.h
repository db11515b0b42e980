#pragma once
/// llama.cpp's llama-bench as tests/bench/peers.sh built it.

#include <optional>
#include <string>

namespace bench {

/// Weights that the peer computes with.
enum class PeerModel { BFloat16, Q8_0 };

/// Tokens per second of `repetitions` prompts of `prompt` tokens, or, with prompt 0, of generating
/// `generated` tokens behind `depth` others. Nothing when the peer was not built or fails.
struct PeerRun {
    PeerModel model = PeerModel::BFloat16;
    int prompt = 0, generated = 0, depth = 0, repetitions = 1;
    bool isWarmedUp = true;
};
std::optional<double> peerSpeed(const PeerRun& run);

/// Whether llama-bench is there.
bool hasPeer();

} // namespace bench
