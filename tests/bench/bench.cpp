#include "tests/bench/bench.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace bench {

namespace {

std::string environment(const char* name, const std::string& otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

} // namespace

const Setting& setting() {
    static const Setting all = [] {
        Setting result;
        result.model = environment("INFOLIO_BENCH_MODEL", TEST_MODEL);
        result.adapter = environment("INFOLIO_BENCH_ADAPTER", "");
        result.book = TEST_DATA "/narrativeqa/105_persuasion.txt";
        result.books = environment("INFOLIO_BENCH_BOOKS", "");
        result.peers = environment("INFOLIO_BENCH_PEERS", "");
        result.rounds = std::stoi(environment("INFOLIO_BENCH_ROUNDS", "0"));
        result.threads =
            engine::model::setThreads(std::stoi(environment("INFOLIO_BENCH_THREADS", "0")));
        result.cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
        return result;
    }();
    return all;
}

int roundsOf(int wanted) {
    return setting().rounds > 0 ? setting().rounds : wanted;
}

bool Wanted::operator()(const std::string& name) const {
    return m_names.empty() || std::find(m_names.begin(), m_names.end(), name) != m_names.end();
}

std::string argument(int count, char** arguments, int index, const std::string& otherwise) {
    return index < count ? arguments[index] : otherwise;
}

std::shared_ptr<const engine::model::Model> loadModel(engine::model::Dtype dtype) {
    return engine::model::Model::load(setting().model, setting().adapter, dtype);
}

std::string textOf(const std::string& path, std::size_t bytes) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) {
        throw std::runtime_error(path + " cannot be read");
    }
    std::string text(std::min(bytes, static_cast<std::size_t>(file.tellg())), '\0');
    file.seekg(0);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    return text;
}

std::vector<std::int32_t> tokensOf(const engine::model::Model& model, const std::string& path) {
    return model.tokenizer->encodeIds(textOf(path));
}

std::span<const std::int32_t> Endless::next(std::size_t count) {
    m_at = m_at + count > m_ids.size() ? 0 : m_at;
    const auto result = std::span<const std::int32_t>(m_ids).subspan(m_at, count);
    m_at += count;
    return result;
}

double readSome(engine::model::ReadingSession& session, Endless& text, std::int64_t tokens) {
    const auto N = static_cast<std::size_t>(session.segmentTokens());
    const double begin = now();
    for (std::int64_t done = 0; done < tokens; done += static_cast<std::int64_t>(N)) {
        auto segment = text.next(N);
        while (!segment.empty()) {
            segment = segment.subspan(session.push(segment));
        }
    }
    return static_cast<double>(tokens) / (now() - begin);
}

engine::model::SnapshotHeader snapshotHeader(const engine::model::Model& model, std::int64_t N) {
    engine::model::SnapshotHeader header;
    header.mode = engine::model::nameOf(engine::model::Mode::InfiniLinear);
    header.segmentTokens = N;
    header.weightsSha256 = model.weights->sha256;
    header.adapterSha256 = model.adapter->sha256;
    header.tokenizerSha256 = model.tokenizer->sha256();
    header.device = "cpu";
    header.threads = setting().threads;
    return header;
}

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

} // namespace bench
