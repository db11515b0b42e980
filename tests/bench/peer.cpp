#include "tests/bench/peer.h"

#include <array>
#include <cstdio>
#include <filesystem>

#include "tests/bench/bench.h"

namespace bench {

bool hasPeer() {
    return !setting().peers.empty() &&
           std::filesystem::exists(setting().peers + "/build/bin/llama-bench");
}

std::optional<double> peerSpeed(const PeerRun& run) {
    if (!hasPeer()) {
        return std::nullopt;
    }
    const auto number = [](int value) { return std::to_string(value); };
    const std::string command =
        "'" + setting().peers + "/build/bin/llama-bench' -m '" + setting().peers + "/models/" +
        (run.model == PeerModel::BFloat16 ? "BF16" : "Q8_0") + ".gguf' -o jsonl -fa 1 -t " +
        number(setting().threads) + " -p " + number(run.prompt) + " -n " + number(run.generated) +
        " -d " + number(run.depth) + " -r " + number(run.repetitions) +
        (run.isWarmedUp ? "" : " --no-warmup") + " 2>/dev/null";
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) {
        return std::nullopt;
    }
    std::string output;
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) {
        output += buffer.data();
    }
    const int status = pclose(pipe);
    const std::string key = "\"avg_ts\": ";
    const std::size_t at = output.find(key);
    if (status != 0 || at == std::string::npos) {
        return std::nullopt;
    }
    return std::stod(output.substr(at + key.size()));
}

} // namespace bench
