#pragma once
/// The adapter of the PyTorch prototype, as an adapter file of Infolio: same tensors, other
/// metadata.

#include <string>

namespace tests {

/// Bytes of the adapter file. `folder` holds prototype-adapter.safetensors and
/// prototype-gates.safetensors; with `gatesByPosition` β and β_pos are those of the second.
/// `baseSha256` is the hash of the weights of SmolLM2-135M-Instruct. Throws std::runtime_error
/// where a file cannot be read.
std::string prototypeAdapter(const std::string& folder, const std::string& baseSha256,
                             bool gatesByPosition);

} // namespace tests
