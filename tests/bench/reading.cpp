/// How fast a book is read, beside llama.cpp's prompt speed and beside what the machine's matrix
/// products allow.
///
///     reading [ROW...]
///
/// Rows: cpu_read_N (tokens/s against llama.cpp at a prompt of N with the same bf16 weights,
/// segments of N), cpu_read_512_q8 (the peer with 8-bit weights), cpu_forward_N (as cpu_read_N, but
/// all layers, as the peer runs them), cpu_prompt_P and cpu_book_32k (longer prompts, N = 1,024),
/// cpu_gemm_N (model FLOPs / time / rate of LibTorch's bf16 linear on the model's shapes),
/// cpu_memory_cost.

#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstdio>
#include <span>

#include "engine/model/transformer.h"
#include "tests/bench/bench.h"
#include "tests/bench/machine.h"
#include "tests/bench/peer.h"
#include "tests/bench/table.h"
#include "tests/bench/work.h"

using namespace engine::model;

namespace {

constexpr std::int64_t kRoundTokens = 8192; ///< read in one round

at::Tensor idRow(std::span<const std::int32_t> ids) {
    at::Tensor row =
        at::empty({1, static_cast<std::int64_t>(ids.size())}, at::TensorOptions().dtype(at::kLong));
    std::copy(ids.begin(), ids.end(), row.mutable_data_ptr<std::int64_t>());
    return row;
}

/// Tokens per second of running all layers over segments of N, and the head over the last row of
/// each.
double forwardSome(const Transformer& transformer, bench::Endless& text, std::int64_t N,
                   std::int64_t tokens) {
    const c10::InferenceMode inference;
    const double begin = bench::now();
    for (std::int64_t done = 0; done < tokens; done += N) {
        const at::Tensor x = transformer.forward(idRow(text.next(static_cast<std::size_t>(N))), {});
        static_cast<void>(transformer.logits(x.select(0, 0).narrow(0, N - 1, 1)));
    }
    return static_cast<double>(tokens) / (bench::now() - begin);
}

std::string tokensAt(std::int64_t N) {
    return std::to_string(N);
}

/// What the longer prompts and the segments share: our reading in segments of N beside the peer's
/// prompt.
struct Comparison {
    std::string name, workload;
    std::int64_t N, tokens, prompt;
    int rounds;
    bench::Bar bar;
    bench::PeerModel peer = bench::PeerModel::BFloat16;
};

class Reading {
public:
    Reading(std::shared_ptr<const Model> model, const bench::Wanted& wanted)
        : m_model(std::move(model)), m_wanted(wanted),
          m_text(bench::tokensOf(*m_model, bench::setting().book)) {}

    void compare(const Comparison& row) {
        if (!m_wanted(row.name)) {
            return;
        }
        if (!bench::hasPeer()) {
            bench::printNotRun(row.name, row.workload, "llama.cpp was not built");
            return;
        }
        ReadingSession session(m_model, Mode::InfiniLinear, row.N);
        bench::readSome(session, m_text, 2 * row.N);
        printComparison(row, [&] { return bench::readSome(session, m_text, row.tokens); });
    }

    void compareForward(const Comparison& row) {
        if (!m_wanted(row.name) || !bench::hasPeer()) {
            return;
        }
        const Transformer transformer(m_model->weights, nullptr);
        forwardSome(transformer, m_text, row.N, row.N);
        printComparison(row, [&] { return forwardSome(transformer, m_text, row.N, row.tokens); });
    }

    void shareOfProducts(std::int64_t N, const bench::Bar& bar) {
        const std::string name = "cpu_gemm_" + tokensAt(N);
        if (!m_wanted(name)) {
            return;
        }
        ReadingSession session(m_model, Mode::InfiniLinear, N);
        bench::readSome(session, m_text, 2 * N);
        const auto rounds = bench::Rounds::run(bench::roundsOf(5), [&]() -> bench::Rounds::Round {
            const double rate = bench::productRate(*m_model, N);
            return {bench::readSome(session, m_text, kRoundTokens), rate};
        });
        const bench::Work work = bench::readingWork(*m_model, N);
        const double done = rounds.figure(0).best * work.all() / 1e9, rate = rounds.figure(1).best;
        char workload[200];
        std::snprintf(workload, sizeof workload,
                      "%.1f MFLOP a token (products %.1f, attention %.1f, memory %.1f); %.0f %% of "
                      "the probe",
                      work.all() / 1e6, work.products / 1e6, work.attention / 1e6,
                      work.memory / 1e6, 100 * done / bench::bestPeak());
        bench::print({name, workload, bench::shown(done) + " GFLOP/s",
                      bench::shown(rate) + " GFLOP/s, bf16 linear", 100 * done / rate, bar,
                      rounds.note()});
    }

    void memoryCost() {
        if (!m_wanted("cpu_memory_cost")) {
            return;
        }
        constexpr std::int64_t N = 1024;
        const c10::InferenceMode inference;
        const Transformer transformer(m_model->weights, m_model->adapter);
        Memory memory = Memory::empty(m_model->weights->config, *m_model->adapter);
        const auto on = [&] {
            Pass pass;
            pass.read = &memory;
            pass.write = &memory;
            transformer.read(idRow(m_text.next(N)), pass);
            memory.tokens += N;
        };
        const auto off = [&] {
            const at::Tensor ids = idRow(m_text.next(N));
            at::Tensor x = transformer.embed(ids);
            const Rotation turn = transformer.rotation(N, {});
            for (std::int64_t i = 0; i < m_model->adapter->lastLayer; ++i) {
                transformer.layer(i, x, turn, {});
            }
        };
        on();
        off();
        const auto speed = [&](const auto& pass) {
            const double begin = bench::now();
            for (std::int64_t done = 0; done < kRoundTokens / 2; done += N) {
                pass();
            }
            return kRoundTokens / 2 / (bench::now() - begin);
        };
        const auto rounds = bench::Rounds::run(bench::roundsOf(8), [&]() -> bench::Rounds::Round {
            return {speed(on), speed(off)};
        });
        bench::print({"cpu_memory_cost",
                      "time with memory / without, N = 1,024",
                      bench::shown(rounds.figure(0), " tokens/s"),
                      bench::shown(rounds.figure(1), " tokens/s without"),
                      rounds.ratio(1, 0),
                      {bench::Bar::Sense::AtMost, 1.04, 1.03, "×"},
                      rounds.note()});
    }

private:
    void printComparison(const Comparison& row, const std::function<double()>& ours) {
        const bool isLong = row.prompt > 4096;
        bench::PeerRun peer;
        peer.model = row.peer;
        peer.prompt = static_cast<int>(row.prompt);
        peer.repetitions = isLong ? 1 : static_cast<int>(kRoundTokens / 2 / row.prompt);
        peer.isWarmedUp = !isLong;
        bool hasFailed = false;
        const auto rounds =
            bench::Rounds::run(bench::roundsOf(row.rounds), [&]() -> bench::Rounds::Round {
                const double own = ours();
                const auto other = bench::peerSpeed(peer);
                hasFailed = hasFailed || !other;
                return {own, other.value_or(0)};
            });
        if (hasFailed) {
            bench::printNotRun(row.name, row.workload, "llama-bench failed");
            return;
        }
        bench::print({row.name, row.workload, bench::shown(rounds.figure(0), " tokens/s"),
                      bench::shown(rounds.figure(1), " tokens/s"), rounds.ratio(0, 1), row.bar,
                      rounds.note()});
    }

    std::shared_ptr<const Model> m_model;
    const bench::Wanted& m_wanted;
    bench::Endless m_text;
};

bench::Bar times(double bar, double target = 0) {
    return {bench::Bar::Sense::AtLeast, bar, target, "×"};
}

} // namespace

int main(int count, char** arguments) {
    const bench::Wanted wanted(count, arguments);
    Reading reading(bench::loadModel(), wanted);
    reading.compare({"cpu_read_512", "segments of 512, memory on; peer: prompt of 512", 512,
                     kRoundTokens, 512, 8, times(1.3, 1.9)});
    reading.compare({"cpu_read_1024", "segments of 1,024; peer: prompt of 1,024", 1024,
                     kRoundTokens, 1024, 8, times(1.3)});
    reading.compare({"cpu_read_2048", "segments of 2,048; peer: prompt of 2,048", 2048,
                     kRoundTokens, 2048, 8, times(2, 2.7)});
    reading.compare({"cpu_read_512_q8", "as cpu_read_512; peer with 8-bit weights", 512,
                     kRoundTokens, 512, 8, times(1), bench::PeerModel::Q8_0});
    reading.compareForward({"cpu_forward_512",
                            "all layers, no memory, N = 512; peer: prompt of 512", 512,
                            kRoundTokens, 512, 8, times(1)});
    reading.compareForward({"cpu_forward_2048",
                            "all layers, no memory, N = 2,048; peer: prompt of 2,048", 2048,
                            kRoundTokens, 2048, 8, times(1)});
    reading.compare({"cpu_prompt_2048", "segments of 1,024; peer: prompt of 2,048", 1024,
                     kRoundTokens, 2048, 8, times(2, 3.2)});
    reading.compare({"cpu_prompt_8192", "8 segments of 1,024; peer: prompt of 8,192", 1024, 8192,
                     8192, 3, times(8)});
    reading.compare({"cpu_book_32k", "32 segments of 1,024; peer: prompt of 32,768, one round",
                     1024, 32768, 32768, 1, times(30, 50)});
    reading.shareOfProducts(512, {bench::Bar::Sense::AtLeast, 75, 82, " %"});
    reading.shareOfProducts(1024, {bench::Bar::Sense::AtLeast, 75, 0, " %"});
    reading.memoryCost();
    return 0;
}
