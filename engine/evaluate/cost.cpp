#include <algorithm>
#include <fstream>

#include "engine/error.h"
#include "engine/evaluate/suite.h"
#include "engine/model/snapshot.h"

namespace engine::evaluate {

namespace {

using model::Mode;

/// Bytes of what a mode keeps after `tokens`, by the sizes of the model alone.
std::int64_t formula(const model::Model& model, Mode mode, std::int64_t tokens, std::int64_t N) {
    const model::Config& config = model.weights->config;
    const std::int64_t perToken = kvBytesPerToken(*model.weights);
    const std::int64_t whole = tokens / N * N;
    const std::int64_t window = std::min(whole, N);
    const std::int64_t sinks = std::clamp<std::int64_t>(whole - window, 0, model::kSinkTokens);
    switch (mode) {
    case Mode::InfiniLinear:
    case Mode::InfiniDelta:
        return 4 * model.adapter->layers() * config.kvHeads * model.adapter->features *
               (config.headWidth + 1);
    case Mode::Local:
        return 0;
    case Mode::Xl:
        return (window + sinks) * perToken;
    case Mode::Compressive: {
        // What leaves a segment's cache is pooled in threes, the last of a segment maybe of fewer.
        std::int64_t pooled = 0;
        for (std::int64_t s = 1; s < whole / N; ++s) {
            const std::int64_t left = s == 1 ? N - std::min(N, model::kSinkTokens) : N;
            pooled += (left + model::kPoolRate - 1) / model::kPoolRate;
        }
        return (window + sinks + std::min(pooled, N)) * perToken;
    }
    case Mode::Knn:
        return (window + sinks) * perToken +
               std::min(whole, model::kNeighbourTokens) * 2 * config.headWidth * config.kvHeads * 2;
    case Mode::Full:
        return whole * perToken;
    case Mode::Rmt:
    case Mode::Autocompressor: {
        const std::int64_t segments = whole / N;
        return 4 * model.prompt->count() * config.width *
               (mode == Mode::Rmt ? std::min<std::int64_t>(segments, 1) : segments);
    }
    }
    return 0;
}

/// Kilobytes that the process holds now; 0 where the system does not tell.
std::int64_t residentKilobytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmRSS:", 0) == 0)
            return std::stoll(line.substr(6));
    return 0;
}

/// Seconds from the bytes of a snapshot to the first token of an answer.
double firstTokenSeconds(const Subject& subject, const model::ReadingState& state) {
    model::SnapshotHeader header;
    header.mode = model::nameOf(subject.mode);
    header.segmentTokens = subject.N;
    header.weightsSha256 = subject.model->weights->sha256;
    header.adapterSha256 = subject.model->adapter->sha256;
    header.tokenizerSha256 = subject.model->tokenizer->sha256();
    const std::string bytes = model::saveSnapshot(*subject.model, header, state);
    const double start = now();
    const model::LoadedSnapshot loaded = model::loadSnapshot(*subject.model, header, bytes);
    model::AnswerSession session(subject.model, subject.mode, loaded.state);
    session.feed(subject.model->tokenizer->encodeIds("\nQuestion: What happened?\nAnswer:"));
    model::GenerateOptions options;
    options.maxTokens = 1;
    session.generate(options, {});
    return now() - start;
}

} // namespace

bool measureCost(Bench& bench) {
    const Plan& plan = bench.plan;
    std::vector<std::int64_t> lengths =
        plan.lengths.empty() ? std::vector<std::int64_t>{10'240} : plan.lengths;
    std::sort(lengths.begin(), lengths.end());
    const model::Tokenizer& tokenizer = *bench.subject.model->tokenizer;
    const auto book = bookTokens(tokenizer, bench.data.haystack);
    for (const Mode mode :
         {Mode::InfiniLinear, Mode::InfiniDelta, Mode::Local, Mode::Xl, Mode::Compressive,
          Mode::Knn, Mode::Full, Mode::Rmt, Mode::Autocompressor}) {
        const std::string arm = model::nameOf(mode);
        if (!plan.arms.empty() && !plan.wants(arm))
            continue;
        // What was trained suits one of the modes that need it.
        if (plan.arms.empty() && !bench.subject.model->suits(mode))
            continue;
        for (const std::int64_t length : lengths) {
            const std::string id = std::to_string(length);
            if (bench.lines.has("cost", id, arm))
                continue;
            Item item;
            item.suite = "cost";
            item.id = id;
            item.document = "book";
            item.arm = arm;
            item.groups = {id};
            const double start = now();
            try {
                const auto ids = textFrom(tokenizer, book, 0, length);
                model::ReadingSession session(bench.subject.model, mode, bench.subject.N);
                if (!readText(bench, session, ids, "cost " + arm))
                    return false;
                const double seconds = now() - start;
                const model::ReadingState& state = session.state();
                item.tokens = length;
                item.scores["tokens-per-second"] = static_cast<double>(length) / seconds;
                item.scores["bytes"] = state.bytes();
                item.scores["numbers"] = state.numbers();
                item.scores["bytes-by-formula"] =
                    formula(*bench.subject.model, mode, length, bench.subject.N);
                item.scores["bytes-of-full-attention"] =
                    formula(*bench.subject.model, Mode::Full, length, bench.subject.N);
                // The allocator keeps pages of the arms before, so this is no figure of one arm.
                item.scores["resident-megabytes-of-process"] =
                    static_cast<double>(residentKilobytes()) / 1024;
                if (model::isStorable(mode)) {
                    Subject subject = bench.subject;
                    subject.mode = mode;
                    item.scores["first-token-seconds"] = firstTokenSeconds(subject, state);
                }
            } catch (const Error& error) {
                item.error = error.what();
            }
            item.seconds = now() - start;
            bench.lines.add(item.json());
        }
    }
    return true;
}

} // namespace engine::evaluate
