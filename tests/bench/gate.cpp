/// What the untrained memory is worth: nats per token of infini-linear minus local on a novel, over
/// all tokens and over the first 64 of a segment, for several gates. A positive number: the memory
/// helps.
///
///     gate [model.gguf] [book.txt] [segments] [segment tokens] [bf16|fp32]

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <span>

#include "tests/bench/bench.h"

using namespace engine::model;

namespace {

/// Nats of every token but the first of each of the first `segments` segments, the segment's index
/// times (N - 1) first.
std::vector<float> nats(const std::shared_ptr<const Model>& model, Mode mode,
                        std::span<const std::int32_t> ids, int segments, std::int64_t N) {
    std::vector<float> all;
    ReadingSession reading(model, mode, N);
    for (int i = 0; i < segments; ++i) {
        const auto segment =
            ids.subspan(static_cast<std::size_t>(i * N), static_cast<std::size_t>(N));
        AnswerSession answer(model, mode, reading.state());
        answer.feed(segment.first(1));
        for (const float log : answer.logProbabilities(segment.subspan(1))) {
            all.push_back(-log);
        }
        reading.push(segment);
    }
    return all;
}

} // namespace

int main(int count, char** arguments) {
    const std::string path = bench::argument(count, arguments, 1, TEST_MODEL);
    const std::string book =
        bench::argument(count, arguments, 2, TEST_DATA "/narrativeqa/105_persuasion.txt");
    const int segments = std::stoi(bench::argument(count, arguments, 3, "24"));
    const std::int64_t N = std::stoi(bench::argument(count, arguments, 4, "512"));
    const bool isFloat = bench::argument(count, arguments, 5, "bf16") == "fp32";

    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    setThreads(0);
    const auto model = Model::load(path, "", isFloat ? Dtype::Float32 : Dtype::BFloat16);
    const std::vector<std::int32_t> ids = bench::tokensOf(*model, book);
    if (static_cast<std::int64_t>(ids.size()) < segments * N) {
        std::fprintf(stderr, "%s has fewer than %d segments of %lld tokens\n", book.c_str(),
                     segments, static_cast<long long>(N));
        return 2;
    }
    const std::vector<float> local = nats(model, Mode::Local, ids, segments, N);
    std::printf("N = %lld, %d segments, local %.3f nats a token\n", static_cast<long long>(N),
                segments, std::accumulate(local.begin(), local.end(), 0.0) / local.size());
    for (const double gate : {0.06, 0.12, 0.2}) {
        auto gated = std::make_shared<Model>(*model);
        gated->adapter = Adapter::untrained(model->weights->config, gate);
        const std::vector<float> memory = nats(gated, Mode::InfiniLinear, ids, segments, N);
        double all = 0, first = 0;
        std::size_t firstCount = 0;
        for (std::size_t i = 0; i < local.size(); ++i) {
            const double gain = local[i] - memory[i];
            all += gain;
            if (static_cast<std::int64_t>(i) % (N - 1) < 63) {
                first += gain;
                ++firstCount;
            }
        }
        std::printf("gate %.2f: gain %+.4f nats a token, %+.4f over the first 64 of a segment\n",
                    gate, all / local.size(), first / firstCount);
    }
    return 0;
}
