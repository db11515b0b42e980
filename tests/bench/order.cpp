/// Whether the order of the work shows in the result: bytes of a state that differ from those of a
/// plain reading.
///
///     order
///
/// Rows order_threads (one thread and two), order_streamed (tokens that come in pieces),
/// order_layers (each layer over eight segments before the next), order_documents (eight documents
/// at once, the last of them compared), order_resumed (a snapshot taken up half-way).

#include <algorithm>

#include "tests/bench/bench.h"
#include "tests/bench/table.h"

using namespace engine::model;

namespace {

constexpr std::int64_t kSegment = 1024;
constexpr std::size_t kSegments = 8;

using Ids = std::span<const std::int32_t>;

std::string bytesOf(const Model& model, const ReadingSession& session) {
    return saveSnapshot(model, bench::snapshotHeader(model, kSegment), session.state());
}

void push(ReadingSession& session, Ids ids, std::size_t piece) {
    while (!ids.empty()) {
        Ids part = ids.first(std::min(piece, ids.size()));
        ids = ids.subspan(part.size());
        while (!part.empty()) {
            part = part.subspan(session.push(part));
        }
    }
}

std::string readPlainly(const std::shared_ptr<const Model>& model, Ids ids) {
    ReadingSession session(model, Mode::InfiniLinear, kSegment);
    push(session, ids, kSegment);
    return bytesOf(*model, session);
}

std::string readResumed(const std::shared_ptr<const Model>& model, Ids ids) {
    const std::size_t half = ids.size() / 2 + 100;
    ReadingSession first(model, Mode::InfiniLinear, kSegment);
    push(first, ids.first(half), kSegment);
    const SnapshotHeader header = bench::snapshotHeader(*model, kSegment);
    LoadedSnapshot loaded =
        loadSnapshot(*model, header, saveSnapshot(*model, header, first.state()));
    ReadingSession second(model, Mode::InfiniLinear, kSegment, std::move(loaded.state));
    push(second, ids.subspan(half), kSegment);
    return bytesOf(*model, second);
}

std::string readByLayers(const std::shared_ptr<const Model>& model, Ids ids) {
    ReadingSession session(model, Mode::InfiniLinear, kSegment, kSegments * kSegment);
    push(session, ids, ids.size());
    return bytesOf(*model, session);
}

/// The ids beside seven documents that begin elsewhere.
std::string readTogether(const std::shared_ptr<const Model>& model, Ids ids, Ids others) {
    std::vector<ReadingSession> sessions;
    std::vector<ReadingSession*> all;
    std::vector<Ids> rest;
    for (std::size_t i = 0; i < 8; ++i) {
        sessions.emplace_back(model, Mode::InfiniLinear, kSegment);
        rest.push_back(i == 7 ? ids : others.subspan(i * 500, 2 * kSegment + 100 * i));
    }
    for (ReadingSession& session : sessions) {
        all.push_back(&session);
    }
    while (std::any_of(rest.begin(), rest.end(), [](Ids part) { return !part.empty(); })) {
        const auto taken = ReadingSession::pushTogether(all, rest);
        for (std::size_t i = 0; i < rest.size(); ++i) {
            rest[i] = rest[i].subspan(taken[i]);
        }
    }
    return bytesOf(*model, sessions.back());
}

void compare(const std::string& name, const std::string& workload, const std::string& found,
             const std::string& expected) {
    double differing = found.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
        differing += found[i] != expected[i] ? 1 : 0;
    }
    bench::print({name,
                  workload,
                  bench::shown(differing) + " bytes differ",
                  bench::shown(static_cast<double>(expected.size())) + " bytes",
                  differing,
                  {bench::Bar::Sense::AtMost, 0, 0, " bytes"},
                  ""});
}

} // namespace

int main(int count, char** arguments) {
    const bench::Wanted wanted(count, arguments);
    const auto model = bench::loadModel();
    const auto all = bench::tokensOf(*model, bench::setting().book);
    const Ids ids = Ids(all).first(kSegments * kSegment + 300);
    const std::string expected = readPlainly(model, ids);
    if (wanted("order_threads")) {
        const int others = bench::setting().threads == 1 ? 2 : 1;
        setThreads(others);
        const std::string found = readPlainly(model, ids);
        setThreads(bench::setting().threads);
        compare("order_threads",
                std::to_string(others) + " and " + std::to_string(bench::setting().threads) +
                    " threads",
                found, expected);
    }
    if (wanted("order_streamed")) {
        ReadingSession session(model, Mode::InfiniLinear, kSegment);
        push(session, ids, 37);
        compare("order_streamed", "tokens in pieces of 37", bytesOf(*model, session), expected);
    }
    if (wanted("order_layers")) {
        compare("order_layers", "layer by layer over eight segments", readByLayers(model, ids),
                expected);
    }
    if (wanted("order_documents")) {
        compare("order_documents", "one document and eight at once",
                readTogether(model, ids, Ids(all).subspan(ids.size())), expected);
    }
    if (wanted("order_resumed")) {
        compare("order_resumed", "a snapshot taken up half-way", readResumed(model, ids), expected);
    }
    return 0;
}
