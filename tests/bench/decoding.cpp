/// How fast answers come: tokens per second over a frozen memory with a window of 1,024 tokens.
///
///     decoding [ROW...]
///
/// Rows: cpu_decode (against weight bytes / measured read bandwidth), cpu_decode_peer (against
/// llama.cpp generating behind 1,024 tokens), cpu_ask8 (eight questions at once against one).

#include <cstdio>

#include "tests/bench/bench.h"
#include "tests/bench/decode.h"
#include "tests/bench/machine.h"
#include "tests/bench/peer.h"
#include "tests/bench/table.h"
#include "tests/bench/work.h"

using namespace engine::model;

namespace {

constexpr std::int64_t kSegment = 1024;

} // namespace

int main(int count, char** arguments) {
    const bench::Wanted wanted(count, arguments);
    const auto model = bench::loadModel();
    bench::Endless text(bench::tokensOf(*model, bench::setting().book));
    ReadingSession session(model, Mode::InfiniLinear, kSegment);
    bench::readSome(session, text, 2 * kSegment);
    bench::Decoding decoding(model, session.state(), text.next(kSegment));
    decoding.run();
    const std::string workload = "window of 1,024, 64 tokens";
    if (wanted("cpu_decode")) {
        const double bytes = bench::weightBytes(*model);
        const auto rounds = bench::Rounds::run(bench::roundsOf(8), [&]() -> bench::Rounds::Round {
            const double bandwidth = bench::readBandwidth(bench::setting().threads);
            return {decoding.run(), bandwidth * 1e9 / bytes};
        });
        char limit[100];
        std::snprintf(limit, sizeof limit, "%.0f tokens/s: %.0f MB at %.1f GB/s",
                      rounds.figure(1).best, bytes / 1e6, rounds.figure(1).best * bytes / 1e9);
        bench::print({"cpu_decode",
                      workload,
                      bench::shown(rounds.figure(0), " tokens/s"),
                      limit,
                      100 * rounds.figure(0).best / rounds.figure(1).best,
                      {bench::Bar::Sense::AtLeast, 85, 0, " %"},
                      rounds.note()});
    }
    if (wanted("cpu_decode_peer") && !bench::hasPeer()) {
        bench::printNotRun("cpu_decode_peer", workload, "llama.cpp was not built");
    } else if (wanted("cpu_decode_peer")) {
        bench::PeerRun peer;
        peer.generated = bench::kDecodedTokens;
        peer.depth = kSegment;
        const auto rounds = bench::Rounds::run(bench::roundsOf(8), [&]() -> bench::Rounds::Round {
            return {decoding.run(), bench::peerSpeed(peer).value_or(0)};
        });
        bench::print({"cpu_decode_peer",
                      workload + "; peer: bf16, 64 behind 1,024",
                      bench::shown(rounds.figure(0), " tokens/s"),
                      bench::shown(rounds.figure(1), " tokens/s"),
                      rounds.ratio(0, 1),
                      {bench::Bar::Sense::AtLeast, 1, 1.7, "×"},
                      rounds.note()});
    }
    if (wanted("cpu_ask8")) {
        const auto rounds = bench::Rounds::run(bench::roundsOf(5), [&]() -> bench::Rounds::Round {
            return {decoding.runTogether(8), decoding.run()};
        });
        bench::print({"cpu_ask8",
                      "eight questions on one state / one, tokens of all",
                      bench::shown(rounds.figure(0), " tokens/s"),
                      bench::shown(rounds.figure(1), " tokens/s of one"),
                      rounds.ratio(0, 1),
                      {bench::Bar::Sense::AtLeast, 5, 0, "×"},
                      rounds.note()});
    }
    return 0;
}
