/// Reads a book with the real model and prints tokens per second; in the same run it times the
/// pass's matrix products alone (same shapes, same weights), so that a slow machine does not look
/// like slow code.
///
///     read_speed [model.gguf] [book.txt] [segments] [segment tokens] [bf16|fp32]
///
/// Exit status 1 when the products are less than 45 % of the reading time in bf16.

#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <span>

#include "engine/model/transformer.h"
#include "tests/bench/bench.h"

using namespace engine::model;

namespace {

/// Seconds of the products that reading one segment needs: all of the layers below the last memory
/// layer, and that layer's q, k and v. Reading stops there, because nothing above it has state;
/// answering runs all layers.
double productSeconds(const Model& model, std::int64_t rows) {
    const c10::InferenceMode inference;
    const Config& config = model.weights->config;
    const auto options = at::TensorOptions().dtype(scalarType(model.weights->dtype));
    const auto random = [&](std::int64_t width) {
        return at::randn({1, rows, width}, at::TensorOptions().dtype(at::kFloat)).to(options);
    };
    const at::Tensor x = random(config.width), a = random(config.heads * config.headWidth),
                     f = random(config.feedForward);
    const double begin = bench::now();
    for (std::int64_t i = 0; i <= model.adapter->lastLayer; ++i) {
        const LayerWeights& layer = model.weights->layers[i];
        at::linear(x, layer.qkv);
        if (i < model.adapter->lastLayer) {
            at::linear(a, layer.output);
            at::linear(x, layer.gateUp);
            at::linear(f, layer.down);
        }
    }
    return bench::now() - begin;
}

double residentMegabytes() {
    std::ifstream file("/proc/self/statm");
    long total = 0, resident = 0;
    file >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

} // namespace

int main(int count, char** arguments) {
    const std::string path = bench::argument(count, arguments, 1, TEST_MODEL);
    const std::string book =
        bench::argument(count, arguments, 2, TEST_DATA "/narrativeqa/105_persuasion.txt");
    const int segments = std::stoi(bench::argument(count, arguments, 3, "12"));
    const std::int64_t N = std::stoi(bench::argument(count, arguments, 4, "1024"));
    const bool isFloat = bench::argument(count, arguments, 5, "bf16") == "fp32";

    const int threads = setThreads(0);
    const auto model = Model::load(path, "", isFloat ? Dtype::Float32 : Dtype::BFloat16);
    const std::vector<std::int32_t> ids = bench::tokensOf(*model, book);
    ReadingSession session(model, Mode::InfiniLinear, N);
    std::span<const std::int32_t> rest(ids);
    std::vector<double> reading, products;
    double firstResident = 0;
    for (int i = 0; i <= segments && ids.size() >= static_cast<std::size_t>(N); ++i) {
        if (static_cast<std::int64_t>(rest.size()) < N) {
            rest = ids;
        }
        const double begin = bench::now();
        rest = rest.subspan(session.push(rest));
        const double read = bench::now() - begin;
        const double product = productSeconds(*model, N);
        if (i > 0) { // The first round makes the library's kernels.
            reading.push_back(read);
            products.push_back(product);
        } else {
            firstResident = residentMegabytes();
        }
    }
    if (reading.empty()) {
        std::fprintf(stderr, "%s has no segment of %lld tokens, or none was asked for\n",
                     book.c_str(), static_cast<long long>(N));
        return 2;
    }
    const auto median = [](std::vector<double> values) {
        std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
        return values[values.size() / 2];
    };
    const double read = median(reading), product = median(products);
    std::printf("%s, %d threads, N = %lld, median (best) of %zu segments\n",
                isFloat ? "fp32" : "bf16", threads, static_cast<long long>(N), reading.size());
    std::printf("reading   %7.1f (%.1f) ms a segment, %.0f (%.0f) tokens/s\n", read * 1e3,
                *std::min_element(reading.begin(), reading.end()) * 1e3, N / read,
                N / *std::min_element(reading.begin(), reading.end()));
    std::printf("products  %7.1f (%.1f) ms, %.0f %% of the reading time\n", product * 1e3,
                *std::min_element(products.begin(), products.end()) * 1e3, 100 * product / read);
    std::printf("resident  %7.1f MB after the first segment, %.1f MB after %lld tokens\n",
                firstResident, residentMegabytes(), static_cast<long long>(session.state().tokens));
    return !isFloat && product < 0.45 * read ? 1 : 0;
}
