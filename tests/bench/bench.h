#pragma once
/// What the benches share: their setting, a book's tokens, a clock.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/session.h"

namespace bench {

/// Taken from the environment, so that one command (tests/bench/run.sh) sets all programs alike.
struct Setting {
    std::string model; ///< INFOLIO_BENCH_MODEL, else the default model
    std::string book;  ///< one book: Persuasion
    std::string books; ///< INFOLIO_BENCH_BOOKS: a text of a million tokens and more; may be ""
    std::string peers; ///< INFOLIO_BENCH_PEERS: folder of tests/bench/peers.sh; may be ""
    int rounds = 0;    ///< INFOLIO_BENCH_ROUNDS; 0: each row's own number
    int threads = 1;   ///< INFOLIO_BENCH_THREADS, else one per physical core
    int cores = 1;     ///< that this process may use
};
const Setting& setting();

/// `wanted`, or what the environment says.
int roundsOf(int wanted);

/// Whether a program's arguments name this row; without arguments all are wanted.
class Wanted {
public:
    Wanted(int count, char** arguments) : m_names(arguments + 1, arguments + count) {}
    bool operator()(const std::string& name) const;

private:
    std::vector<std::string> m_names;
};

std::string argument(int count, char** arguments, int index, const std::string& otherwise);

/// The setting's model in bf16.
std::shared_ptr<const engine::model::Model> loadModel();

/// At most `bytes` of a file; throws std::runtime_error when it cannot be read.
std::string textOf(const std::string& path, std::size_t bytes = SIZE_MAX);
std::vector<std::int32_t> tokensOf(const engine::model::Model& model, const std::string& path);

/// Seconds of a steady clock.
double now();

} // namespace bench
