#pragma once
/// What the benches share: their setting, a book's tokens, a clock.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/model/session.h"
#include "engine/model/snapshot.h"

namespace bench {

/// Taken from the environment, so that one command (tests/bench/run.sh) sets all programs alike.
struct Setting {
    std::string model;   ///< INFOLIO_BENCH_MODEL, else the default model
    std::string adapter; ///< INFOLIO_BENCH_ADAPTER; "": the untrained one
    std::string book;    ///< one book: Persuasion
    std::string books;   ///< INFOLIO_BENCH_BOOKS: a text of a million tokens and more; may be ""
    std::string peers;   ///< INFOLIO_BENCH_PEERS: folder of tests/bench/peers.sh; may be ""
    int rounds = 0;      ///< INFOLIO_BENCH_ROUNDS; 0: each row's own number
    int threads = 1;     ///< INFOLIO_BENCH_THREADS, else one per physical core
    int cores = 1;       ///< that this process may use
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

/// The setting's model.
std::shared_ptr<const engine::model::Model>
loadModel(engine::model::Dtype dtype = engine::model::Dtype::BFloat16);

/// At most `bytes` of a file; throws std::runtime_error when it cannot be read.
std::string textOf(const std::string& path, std::size_t bytes = SIZE_MAX);
std::vector<std::int32_t> tokensOf(const engine::model::Model& model, const std::string& path);

/// The same ids over and over; a run of them never passes the end.
class Endless {
public:
    explicit Endless(std::vector<std::int32_t> ids) : m_ids(std::move(ids)) {}
    /// The next `count`, at most as many as there are.
    std::span<const std::int32_t> next(std::size_t count);

private:
    std::vector<std::int32_t> m_ids;
    std::size_t m_at = 0;
};

/// Reads `tokens` more, segment by segment; returns tokens per second.
double readSome(engine::model::ReadingSession& session, Endless& text, std::int64_t tokens);

/// For the states of a reading in infini-linear.
engine::model::SnapshotHeader snapshotHeader(const engine::model::Model& model, std::int64_t N);

/// Seconds of a steady clock.
double now();

} // namespace bench
