/// How fast answers come: tokens per second over a frozen memory with a window of 1,024 tokens.
///
///     decoding [ROW...]
///
/// Rows: cpu_decode and cpu_decode_int8 (against weight bytes / measured read bandwidth),
/// int8_cost (what int8 weights change in perplexity, both decoded token by token),
/// cpu_decode_peer (against llama.cpp generating behind 1,024 tokens), cpu_ask8 (eight questions at
/// once against one).

#include <cmath>
#include <cstdio>
#include <string>

#include "tests/bench/bench.h"
#include "tests/bench/decode.h"
#include "tests/bench/machine.h"
#include "tests/bench/peer.h"
#include "tests/bench/table.h"
#include "tests/bench/work.h"

using namespace engine::model;

namespace {

constexpr std::int64_t kSegment = 1024;
constexpr std::int64_t kScoredSegments = 3;
const std::string kWorkload = "window of 1,024, 64 tokens";

/// Behind 2,048 tokens of the book.
bench::Decoding decodingOf(const std::shared_ptr<const Model>& model) {
    bench::Endless text(bench::tokensOf(*model, bench::setting().book));
    ReadingSession session(model, Mode::InfiniLinear, kSegment);
    bench::readSome(session, text, 2 * kSegment);
    return {model, session.state(), text.next(kSegment)};
}

void printDecoding(const std::string& name, const Model& model, const bench::Decoding& decoding) {
    decoding.run();
    const double bytes = bench::weightBytes(model);
    const auto rounds = bench::Rounds::run(bench::roundsOf(8), [&]() -> bench::Rounds::Round {
        const double bandwidth = bench::readBandwidth(bench::setting().threads);
        return {decoding.run(), bandwidth * 1e9 / bytes};
    });
    char limit[100];
    std::snprintf(limit, sizeof limit, "%.0f tokens/s: %.0f MB at %.1f GB/s", rounds.figure(1).best,
                  bytes / 1e6, rounds.figure(1).best * bytes / 1e9);
    bench::print({name,
                  kWorkload,
                  bench::shown(rounds.figure(0), " tokens/s"),
                  limit,
                  100 * rounds.figure(0).best / rounds.figure(1).best,
                  {bench::Bar::Sense::AtLeast, 85, 0, " %"},
                  rounds.note()});
}

/// Of the book's first segments but for their first tokens, each decoded token by token over the
/// memory of those before.
double perplexity(const std::shared_ptr<const Model>& model) {
    bench::Endless text(bench::tokensOf(*model, bench::setting().book));
    ReadingSession session(model, Mode::InfiniLinear, kSegment);
    double nats = 0;
    for (std::int64_t i = 0; i < kScoredSegments; ++i) {
        const auto segment = text.next(kSegment);
        AnswerSession window(model, Mode::InfiniLinear, session.state());
        window.feed(segment.first(1));
        for (const std::int32_t& id : segment.subspan(1)) {
            nats -= window.logProbabilities({&id, 1}).front();
            window.feed({&id, 1});
        }
        session.push(segment);
    }
    return std::exp(nats / static_cast<double>(kScoredSegments * (kSegment - 1)));
}

std::string costOf(const Model& model, double perplexity) {
    char text[100];
    std::snprintf(text, sizeof text, "perplexity %.4f, weights of %.1f MB", perplexity,
                  static_cast<double>(model.weights->bytes()) / 1e6);
    return text;
}

void printCost(const std::shared_ptr<const Model>& bf16, const std::shared_ptr<const Model>& int8) {
    const double before = perplexity(bf16), after = perplexity(int8);
    bench::print({"int8_cost",
                  std::to_string(kScoredSegments * (kSegment - 1)) + " tokens of the book",
                  costOf(*int8, after),
                  "bf16: " + costOf(*bf16, before),
                  100 * std::abs(after / before - 1),
                  {bench::Bar::Sense::AtMost, 0.5, 0, " %"},
                  "in both the same tokens"});
}

} // namespace

int main(int count, char** arguments) {
    const bench::Wanted wanted(count, arguments);
    const auto model = bench::loadModel();
    const bench::Decoding decoding = decodingOf(model);
    if (wanted("cpu_decode")) {
        printDecoding("cpu_decode", *model, decoding);
    }
    if (wanted("cpu_decode_int8") || wanted("int8_cost")) {
        const auto int8 = bench::loadModel(Dtype::Int8);
        if (wanted("cpu_decode_int8")) {
            printDecoding("cpu_decode_int8", *int8, decodingOf(int8));
        }
        if (wanted("int8_cost")) {
            printCost(model, int8);
        }
    }
    decoding.run();
    if (wanted("cpu_decode_peer") && !bench::hasPeer()) {
        bench::printNotRun("cpu_decode_peer", kWorkload, "llama.cpp was not built");
    } else if (wanted("cpu_decode_peer")) {
        bench::PeerRun peer;
        peer.generated = bench::kDecodedTokens;
        peer.depth = kSegment;
        const auto rounds = bench::Rounds::run(bench::roundsOf(8), [&]() -> bench::Rounds::Round {
            return {decoding.run(), bench::peerSpeed(peer).value_or(0)};
        });
        bench::print({"cpu_decode_peer",
                      kWorkload + "; peer: bf16, 64 behind 1,024",
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
