/// Causal attention of one segment, 9 query and 3 KV heads of 64, N = 1,024, beside LibTorch's bf16
/// scaled_dot_product_attention and the machine's peak.
///
///     attention [ROW...]
///
/// Rows: cpu_attention (share of the probe's peak), cpu_attention_sdpa (speed against LibTorch).

#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/core/InferenceMode.h>

#include "engine/kernels/ops.h"
#include "tests/bench/bench.h"
#include "tests/bench/table.h"

using namespace engine;

namespace {

constexpr std::int64_t kRows = 1024, kHeads = 9, kGroups = 3, kWidth = 64;
constexpr int kTimes = 100;

/// GFLOP/s; the causal half counts.
double speedOf(const std::function<void()>& attention) {
    const double begin = bench::now();
    for (int i = 0; i < kTimes; ++i) {
        attention();
    }
    return 2.0 * kRows * kRows * kHeads * kWidth * kTimes / (bench::now() - begin) / 1e9;
}

} // namespace

int main(int count, char** arguments) {
    const bench::Wanted wanted(count, arguments);
    const c10::InferenceMode inference;
    bench::setting();
    const auto random = [](std::int64_t heads) {
        return at::randn({1, kRows, heads, kWidth}, at::TensorOptions().dtype(at::kFloat))
            .to(at::kBFloat16);
    };
    const at::Tensor query = random(kHeads);
    const at::Tensor key = random(kGroups).transpose(1, 2).contiguous();
    const at::Tensor value = random(kGroups).transpose(1, 2).contiguous();
    const at::Tensor queries = query.transpose(1, 2).contiguous();
    const auto ours = [&] { kernels::causalAttention(query, key, value); };
    const auto theirs = [&] {
        at::scaled_dot_product_attention(queries, key, value, {}, 0.0, true, 1.0, true);
    };
    ours();
    theirs();
    const auto rounds = bench::Rounds::run(bench::roundsOf(8), [&]() -> bench::Rounds::Round {
        return {speedOf(ours), speedOf(theirs)};
    });
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
        bench::print({"cpu_attention_sdpa",
                      "the same, LibTorch's attention in bf16",
                      bench::shown(rounds.figure(0), " GFLOP/s"),
                      bench::shown(rounds.figure(1), " GFLOP/s"),
                      rounds.ratio(0, 1),
                      {bench::Bar::Sense::AtLeast, 3, 0, "×"},
                      rounds.note()});
    }
    return 0;
}
