/// Every mode of reading beside the others, on one book: how fast it reads, what it keeps, and how
/// well the next segment is predicted from that, at several lengths.
///
///     modes [MODEL] [BOOK] [TOKENS…] [MODE…]
///
/// Without a mode all are run, each row printed as soon as it is measured. INFOLIO_BENCH_SEGMENT
/// sets N (1,024), INFOLIO_BENCH_SINKS how many of the text's first tokens xl, compressive and knn
/// keep (4). Perplexity is over the last four segments before each length, the same tokens for all
/// modes. Tokens per second are those of reading alone, up to that length; the second figure is per
/// second of processor time, which other work disturbs less.

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/model/transformer.h"
#include "tests/bench/bench.h"

using namespace engine::model;

namespace {

constexpr Mode kModes[] = {Mode::InfiniLinear, Mode::InfiniDelta, Mode::Local, Mode::Xl,
                           Mode::Compressive,  Mode::Knn,         Mode::Full};
constexpr std::int64_t kScoredSegments = 4;

struct Point {
    std::int64_t tokens = 0;
    double wall = 0, cpu = 0;
    std::int64_t bytes = 0; ///< of the state, measured
    double nats = 0;
    std::int64_t scored = 0;
    std::string refusal; ///< why the mode did not get here
};

std::int64_t numberFrom(const char* variable, std::int64_t otherwise) {
    const char* value = std::getenv(variable);
    return value != nullptr ? std::stoll(value) : otherwise;
}

double cpuSeconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Nats of a segment's tokens but the first, read over a state.
double natsOf(const std::shared_ptr<const Model>& model, Mode mode, const ReadingState& state,
              std::span<const std::int32_t> segment) {
    AnswerSession answer(model, mode, state);
    answer.feed(segment.first(1));
    double sum = 0;
    for (const float log : answer.logProbabilities(segment.subspan(1))) {
        sum -= log;
    }
    return sum;
}

void measure(const std::shared_ptr<const Model>& model, Mode mode, ReadingState start,
             std::span<const std::int32_t> ids, const std::vector<std::int64_t>& lengths,
             std::int64_t N, const std::function<void(const Point&)>& onPoint) {
    ReadingSession session(model, mode, N, std::move(start));
    double wall = 0, cpu = 0;
    std::int64_t done = 0;
    std::string refusal;
    for (const std::int64_t length : lengths) {
        Point point;
        for (; done < length / N && refusal.empty(); ++done) {
            const auto segment =
                ids.subspan(static_cast<std::size_t>(done * N), static_cast<std::size_t>(N));
            try {
                if (done > 0 && done >= length / N - kScoredSegments) {
                    point.nats += natsOf(model, mode, session.state(), segment);
                    point.scored += N - 1;
                }
                const double wallBegin = bench::now(), cpuBegin = cpuSeconds();
                session.push(segment);
                wall += bench::now() - wallBegin;
                cpu += cpuSeconds() - cpuBegin;
            } catch (const engine::Error& error) {
                refusal = error.what();
            }
        }
        point.tokens = length;
        point.wall = wall;
        point.cpu = cpu;
        point.bytes = session.state().bytes();
        point.refusal = refusal;
        onPoint(point);
    }
}

struct Sizes {
    std::int64_t L, H, G, d, N;
};

/// Values held, as the papers count them (infini-attention.md, sections 6 and 11): every layer has
/// the mode's state.
std::int64_t countedValues(Mode mode, const Sizes& s, std::int64_t tokens) {
    const std::int64_t token = 2 * s.d * s.G, cache = token * s.N * s.L;
    switch (mode) {
    case Mode::InfiniLinear:
    case Mode::InfiniDelta:
        return s.d * (s.d + 1) * s.G * s.L;
    case Mode::Local:
        return 0;
    case Mode::Xl:
        return cache;
    case Mode::Compressive:
        return 2 * cache;
    case Mode::Knn:
        return cache + token * kNeighbourTokens;
    case Mode::Full:
        return token * s.L * tokens;
    case Mode::Rmt:
    case Mode::Autocompressor:
        break; // `evaluate` measures them with what was trained for them
    }
    return 0;
}

double ratio(Mode mode, const Sizes& s, std::int64_t tokens) {
    return static_cast<double>(countedValues(mode, s, tokens)) /
           static_cast<double>(countedValues(Mode::InfiniLinear, s, tokens));
}

void printRatios(const char* name, const Sizes& s, std::int64_t tokens) {
    std::printf("%s, N = %lld: infini holds %lld values; xl %.0fx, compressive %.0fx, knn %.0fx, "
                "keys and values of %lld tokens %.0fx as many\n",
                name, static_cast<long long>(s.N),
                static_cast<long long>(countedValues(Mode::InfiniLinear, s, 0)),
                ratio(Mode::Xl, s, 0), ratio(Mode::Compressive, s, 0), ratio(Mode::Knn, s, 0),
                static_cast<long long>(tokens), ratio(Mode::Full, s, tokens));
}

void print(Mode mode, const Sizes& sizes, const Point& point) {
    std::printf("| %s | %lld | ", nameOf(mode).c_str(), static_cast<long long>(point.tokens));
    if (!point.refusal.empty()) {
        std::printf("refused: %s | | | |\n", point.refusal.c_str());
        return;
    }
    const double tokens = static_cast<double>(point.tokens);
    if (mode == Mode::Local) {
        std::printf("nothing to read | ");
    } else {
        std::printf("%.0f (%.0f) | ", tokens / point.wall, tokens / point.cpu);
    }
    std::printf("%lld | %lld | %.3f |\n", static_cast<long long>(point.bytes),
                static_cast<long long>(countedValues(mode, sizes, point.tokens)),
                std::exp(point.nats / static_cast<double>(point.scored)));
}

} // namespace

int main(int count, char** arguments) {
    const std::string path = bench::argument(count, arguments, 1, bench::setting().model);
    const std::string book = bench::argument(count, arguments, 2, bench::setting().book);
    std::set<std::int64_t> wanted;
    std::vector<Mode> modes;
    for (int i = 3; i < count; ++i) {
        if (std::isdigit(static_cast<unsigned char>(arguments[i][0])) != 0) {
            wanted.insert(std::stoll(arguments[i]));
        } else {
            modes.push_back(modeFromName(arguments[i]));
        }
    }
    if (modes.empty()) {
        modes.assign(std::begin(kModes), std::end(kModes));
    }
    if (wanted.empty()) {
        wanted = {2048, 8192, 32768};
    }
    const std::int64_t N = numberFrom("INFOLIO_BENCH_SEGMENT", 1024),
                       sinks = numberFrom("INFOLIO_BENCH_SINKS", kSinkTokens);

    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const int threads = setThreads(bench::setting().threads);
    const auto model = Model::load(path, bench::setting().adapter, Dtype::BFloat16);
    const std::vector<std::int32_t> ids = bench::tokensOf(*model, book);
    const std::vector<std::int64_t> lengths(wanted.begin(), wanted.end());
    if (lengths.front() < 2 * N || static_cast<std::int64_t>(ids.size()) < lengths.back()) {
        std::fprintf(stderr, "lengths must lie between %lld and the %zu tokens of %s\n",
                     static_cast<long long>(2 * N), ids.size(), book.c_str());
        return 2;
    }
    const Config& config = model->weights->config;
    const Sizes sizes{config.layers, config.heads, config.kvHeads, config.headWidth, N};
    std::printf("%s, bf16, %d threads, N = %lld, %lld sinks, %s\n\n", config.name.c_str(), threads,
                static_cast<long long>(N), static_cast<long long>(sinks), book.c_str());
    std::printf("| mode | tokens | tokens/s (per processor second) | bytes held, measured | values "
                "held, as the papers count | perplexity |\n|---|---|---|---|---|---|\n");
    for (const Mode mode : modes) {
        ReadingState start = ReadingState::empty(*model, mode, N);
        if (start.cache.sinks > 0) {
            start.cache.sinks = sinks;
        }
        measure(model, mode, std::move(start), ids, lengths, N,
                [&](const Point& point) { print(mode, sizes, point); });
    }
    std::printf("\n");
    printRatios("this model", sizes, lengths.back());
    printRatios("the paper's shape", {12, 8, 8, 128, 2048}, lengths.back());
    return 0;
}
