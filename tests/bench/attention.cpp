/// Attention of one segment, 9 query and 3 KV heads of 64, N = 1,024, bf16, beside LibTorch's
/// scaled_dot_product_attention and the machine's peak. Ours turns queries and keys too; LibTorch's
/// gets them turned.
///
///     attention [ROW...]
///
/// Rows: cpu_attention (share of the probe's peak), cpu_attention_sdpa (speed against LibTorch),
/// cpu_attention_memory (with the memory's read-out, against LibTorch's attention and the composed
/// read-out).

#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/core/InferenceMode.h>

#include <functional>

#include "engine/kernels/ops.h"
#include "tests/bench/bench.h"
#include "tests/bench/table.h"

using namespace engine;

namespace {

constexpr std::int64_t kRows = 1024, kHeads = 9, kGroups = 3, kWidth = 64;
constexpr double kScale = 0.125, kEpsilon = 1e-10;
constexpr int kTimes = 100;

/// GFLOP/s of the causal half of local attention.
double speedOf(const std::function<void()>& attention) {
    const double begin = bench::now();
    for (int i = 0; i < kTimes; ++i) {
        attention();
    }
    return 2.0 * kRows * kRows * kHeads * kWidth * kTimes / (bench::now() - begin) / 1e9;
}

struct Inputs {
    at::TensorOptions options = at::TensorOptions().dtype(at::kFloat);
    at::Tensor heads = at::randn({1, kRows, kHeads + 2 * kGroups, kWidth}, options)
                           .to(at::kBFloat16); ///< as the projection leaves them
    at::Tensor query = heads.narrow(2, 0, kHeads), key = heads.narrow(2, kHeads, kGroups),
               value = heads.narrow(2, kHeads + kGroups, kGroups);
    at::Tensor cosines = at::rand({kRows, kWidth / 2}, options),
               sines = at::rand({kRows, kWidth / 2}, options);
    at::Tensor memory = at::randn({1, kGroups, kWidth, kWidth}, options),
               norm = at::rand({1, kGroups, kWidth}, options), gate = at::full({kHeads}, 0.06);
    at::Tensor queries = query.transpose(1, 2).contiguous(),
               keys = key.transpose(1, 2).contiguous(),
               values = value.transpose(1, 2).contiguous(); ///< as LibTorch takes them

    [[nodiscard]] at::Tensor ours(bool withMemory) const {
        return kernels::attend(
            query, key, value, cosines, sines, kScale,
            withMemory ? std::optional(kernels::MemoryReadout{query, memory, norm, gate, kEpsilon})
                       : std::nullopt);
    }
    [[nodiscard]] at::Tensor theirs() const {
        return at::scaled_dot_product_attention(queries, keys, values, {}, 0.0, true, kScale, true);
    }
    [[nodiscard]] at::Tensor theirsWithMemory() const {
        const at::Tensor local = theirs().transpose(1, 2).reshape({1, kRows, kHeads * kWidth});
        return kernels::gatedMix(kernels::memoryRead(query, memory, norm, kEpsilon), local, gate);
    }
};

void printAgainst(const std::string& name, const std::string& workload, const bench::Rounds& rounds,
                  std::size_t column) {
    bench::print({name,
                  workload,
                  bench::shown(rounds.figure(column), " GFLOP/s"),
                  bench::shown(rounds.figure(column + 1), " GFLOP/s"),
                  rounds.ratio(column, column + 1),
                  {bench::Bar::Sense::AtLeast, 3, 0, "×"},
                  rounds.note()});
}

} // namespace

int main(int count, char** arguments) {
    const bench::Wanted wanted(count, arguments);
    const c10::InferenceMode inference;
    bench::setting();
    const Inputs inputs;
    const auto round = [&]() -> bench::Rounds::Round {
        return {speedOf([&] { static_cast<void>(inputs.ours(false)); }),
                speedOf([&] { static_cast<void>(inputs.theirs()); }),
                speedOf([&] { static_cast<void>(inputs.ours(true)); }),
                speedOf([&] { static_cast<void>(inputs.theirsWithMemory()); })};
    };
    round();
    const auto rounds = bench::Rounds::run(bench::roundsOf(8), round);
    if (wanted("cpu_attention")) {
        bench::print({"cpu_attention",
                      "9/3 heads of 64, N = 1,024",
                      bench::shown(rounds.figure(0), " GFLOP/s"),
                      bench::shown(bench::bestPeak()) + " GFLOP/s, probe",
                      100 * rounds.figure(0).best / bench::bestPeak(),
                      {bench::Bar::Sense::AtLeast, 65, 0, " %"},
                      rounds.note()});
    }
    if (wanted("cpu_attention_sdpa")) {
        printAgainst("cpu_attention_sdpa", "the same, LibTorch's attention in bf16", rounds, 0);
    }
    if (wanted("cpu_attention_memory")) {
        printAgainst("cpu_attention_memory",
                     "with the memory's read-out; LibTorch's attention and the composed read-out",
                     rounds, 2);
    }
    return 0;
}
