#include "engine/adapt/adapt.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/adapt/adapter_writer.h"
#include "engine/adapt/dev_set.h"
#include "engine/adapt/prompt_run.h"
#include "engine/adapt/tensor_file.h"
#include "engine/adapt/trainer.h"
#include "engine/adapt/which_layers.h"
#include "engine/error.h"
#include "engine/model/mapped_file.h"

namespace engine::adapt {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kReportEvery = 10;  ///< steps
constexpr std::int64_t kTextsBetween = 50; ///< from one line of progress to the next
constexpr double kTargetShare = 0.95;

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string shown(double value, const char* format = "%.3f") {
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}

/// Bytes of this process in memory; 0 where the system does not tell.
double residentBytes() {
    std::ifstream file("/proc/self/statm");
    double all = 0, resident = 0;
    file >> all >> resident;
    return resident * 4096;
}

std::string utcTime() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char buffer[32];
    std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return buffer;
}

std::string clockTime(double seconds) {
    const auto whole = static_cast<std::int64_t>(seconds);
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60,
                  whole % 60);
    return buffer;
}

/// Means of what steps reported since the last line.
struct Window {
    double needleLoss = 0, tokens = 0, exact = 0, bookLoss = 0, quoteLoss = 0, transferLoss = 0,
           norm = 0;
    std::int64_t needles = 0, books = 0, quotes = 0, transfers = 0, steps = 0, skipped = 0;

    void add(const StepReport& report) {
        ++steps;
        norm += report.gradientNorm;
        skipped += report.isSkipped;
        if (report.hasNeedles) {
            ++needles;
            needleLoss += report.needleLoss;
            tokens += report.tokenAccuracy;
            exact += report.exact;
        }
        if (report.hasBook) {
            ++books;
            bookLoss += report.bookLoss;
        }
        if (report.hasQuotes) {
            ++quotes;
            quoteLoss += report.quoteLoss;
        }
        if (report.hasTransfer) {
            ++transfers;
            transferLoss += report.transferLoss;
        }
    }
};

class Run {
public:
    Run(const std::shared_ptr<const model::Weights>& weights, const model::Tokenizer& tokenizer,
        const Options& options, const std::function<void(const Report&)>& tell,
        const std::function<bool()>& isCancelled)
        : m_weights(weights), m_tokenizer(tokenizer), m_options(options), m_tell(tell),
          m_isCancelled(isCancelled) {}

    void run();

private:
    void requireOptions() const;
    [[nodiscard]] AdapterShape chosenShape() const;
    void begin();
    void remark(const std::string& line);
    void report(const StepReport& step);
    void evaluate();
    void write();
    [[nodiscard]] double trainedSeconds() const { return m_before + secondsSince(m_start); }
    [[nodiscard]] double progress() const;
    [[nodiscard]] bool isAtEnd() const;
    void log(const std::string& line);

    const std::shared_ptr<const model::Weights>& m_weights;
    const model::Tokenizer& m_tokenizer;
    const Options& m_options;
    const std::function<void(const Report&)>& m_tell;
    const std::function<bool()>& m_isCancelled;
    Recipe m_recipe;
    DevSizes m_devSizes;
    Corpus m_corpus;
    std::unique_ptr<Trainer> m_trainer;
    std::unique_ptr<DevSet> m_dev;
    std::optional<DevResult> m_result;
    std::ofstream m_log;
    Clock::time_point m_start, m_lastReport;
    double m_before = 0; ///< seconds that former runs trained
    Window m_window;
};

void Run::requireOptions() const {
    if (!m_options.minutes && !m_options.steps && !m_options.target) {
        throw Error(Code::WrongUse, "The training has no end; say how long with --minutes, --steps "
                                    "or --target.");
    }
    if (!m_options.from.empty() && m_options.resume) {
        throw Error(Code::WrongUse, "A training goes on with its checkpoint or begins with an "
                                    "adapter; give --resume or --from, not both.");
    }
    if (fs::exists(m_options.output) && !m_options.resume && !m_options.force) {
        throw Error(Code::CannotWrite, m_options.output +
                                           " is there already; name another file, go on with it by "
                                           "--resume, or replace it by --force.");
    }
}

AdapterShape Run::chosenShape() const {
    AdapterShape shape = AdapterShape::usual(m_weights->config);
    const std::int64_t layers = m_weights->config.layers;
    if (m_options.layers.empty() || m_options.layers == "auto") {
        return shape;
    }
    char rest = 0;
    if (std::sscanf(m_options.layers.c_str(), "%ld-%ld%c", &shape.firstLayer, &shape.lastLayer,
                    &rest) != 2 ||
        shape.firstLayer < 0 || shape.lastLayer < shape.firstLayer || shape.lastLayer >= layers) {
        throw Error(Code::WrongUse, "The layers are \"" + m_options.layers +
                                        "\"; give auto, or first-last within 0-" +
                                        std::to_string(layers - 1) + ".");
    }
    return shape;
}

void Run::log(const std::string& line) {
    m_log << utcTime() << " " << line << std::endl;
}

void Run::remark(const std::string& line) {
    log(line);
    m_tell({line, true, m_trainer ? m_trainer->steps() : 0, progress(), {}});
}

void Run::begin() {
    requireOptions();
    AdapterShape shape = chosenShape();
    m_log.open(m_options.output + ".log", std::ios::app);
    if (!m_log) {
        throw Error(Code::CannotWrite, m_options.output +
                                           ".log cannot be written; name an output in a folder "
                                           "where you may write.");
    }
    // A model of a small context is trained on what it can read.
    const std::int64_t context = m_weights->config.contextTokens;
    std::erase_if(m_recipe.bookTokens, [&](std::int64_t N) { return N > context / 2; });
    m_recipe.longestContext = std::min<std::int64_t>(m_recipe.longestContext, context / 4);
    m_recipe.heldTokens = std::min(m_recipe.heldTokens, context / 4);
    m_recipe.gatesOnly = m_options.gatesOnly;
    if (!m_options.from.empty()) {
        m_recipe.transferSteps = 0; // an adapter that was trained needs no beginning
    }
    m_recipe.klWeight = m_options.klWeight;
    if (m_recipe.bookTokens.empty()) {
        throw Error(Code::WrongUse, "The model's context of " + std::to_string(context) +
                                        " tokens is too short for training; it must hold 512.");
    }
    m_devSizes.bookTokens = m_recipe.bookTokens.back();
    if (m_options.target) {
        m_devSizes.depths.push_back(*m_options.target);
    }
    m_corpus = Corpus::load(m_options.texts, m_options.refused, m_tokenizer, m_options.seed,
                            m_recipe.leastTokens(), [&](std::int64_t done, std::int64_t all) {
                                if (done % kTextsBetween == 0) {
                                    const std::string texts =
                                        std::to_string(done + 1) + " of " + std::to_string(all);
                                    m_tell({"tokenising text " + texts, false, 0, 0, {}});
                                }
                                return !m_isCancelled();
                            });
    if (m_isCancelled()) {
        return;
    }
    std::int64_t tokens = 0;
    for (const Text& text : m_corpus.train) {
        tokens += static_cast<std::int64_t>(text.ids.size());
    }
    remark("texts: " + std::to_string(m_corpus.train.size()) + " to train on (" +
           std::to_string(tokens) + " tokens), " + std::to_string(m_corpus.dev.size()) +
           " held out, " + std::to_string(m_corpus.skipped.size()) + " too short; hash " +
           m_corpus.sha256);

    const std::string checkpoint = m_options.output + ".checkpoint";
    std::shared_ptr<const model::MappedFile> stored;
    Parameters parameters;
    if (m_options.resume) {
        stored = model::MappedFile::open(checkpoint);
        shape = Trainer::shapeOf(stored->bytes(), checkpoint);
    } else if (!m_options.from.empty()) {
        ReadAdapter read = readAdapter(m_options.from, *m_weights);
        shape = read.shape;
        parameters = std::move(read.parameters);
    } else if (m_options.layers == "auto") {
        const RecallLayers recall = measureRecall(m_weights, m_tokenizer, m_corpus.train,
                                                  m_options.seed, [&] { return !m_isCancelled(); });
        shape.firstLayer = recall.first;
        shape.lastLayer = recall.last;
        std::string line = "nats per digit lost by a cut in each layer:";
        for (const double lost : recall.lost) {
            line += " " + shown(lost, "%.2f");
        }
        remark(line);
    }
    if (parameters.all.empty()) {
        parameters = Parameters::fresh(m_weights->config, shape, m_options.seed);
    }
    m_trainer = std::make_unique<Trainer>(m_weights, m_tokenizer, m_corpus, shape,
                                          std::move(parameters), m_recipe, m_options.seed);
    if (stored) {
        const auto notes = m_trainer->restore(stored->bytes(), checkpoint);
        if (const auto found = notes.find("seconds"); found != notes.end()) {
            m_before = std::stod(found->second);
        }
    }
    remark("memory in layers " + std::to_string(shape.firstLayer) + "-" +
           std::to_string(shape.lastLayer) + ", " +
           std::to_string(m_trainer->parameters().count()) + " values to train, from step " +
           std::to_string(m_trainer->steps()) + ", seed " + std::to_string(m_options.seed));
    m_dev = std::make_unique<DevSet>(m_trainer->student(), m_corpus, m_tokenizer, m_devSizes);
}

double Run::progress() const {
    double share = 0;
    if (m_options.steps && m_trainer) {
        share = static_cast<double>(m_trainer->steps()) / static_cast<double>(*m_options.steps);
    }
    if (m_options.minutes && m_trainer) {
        share = std::max(share, trainedSeconds() / (60 * *m_options.minutes));
    }
    return std::min(1.0, share);
}

bool Run::isAtEnd() const {
    return m_isCancelled() || progress() >= 1.0 ||
           (m_options.target && m_result && m_result->keyAt(*m_options.target) >= kTargetShare);
}

void Run::report(const StepReport& step) {
    const Window& w = m_window;
    const auto mean = [](double sum, std::int64_t count) {
        return count > 0 ? sum / static_cast<double>(count) : 0.0;
    };
    const double share = progress();
    const double perStep = secondsSince(m_lastReport) / static_cast<double>(w.steps);
    std::string line = "step " + std::to_string(step.step) + "  " + shown(perStep, "%.2f") + " s";
    if (w.needles > 0) {
        line += "  needle " + shown(mean(w.needleLoss, w.needles)) + "  digits " +
                shown(mean(w.tokens, w.needles)) + "  exact " + shown(mean(w.exact, w.needles)) +
                "  depth " + std::to_string(step.keyCeiling) + " (" +
                shown(step.keyAccuracy, "%.2f") + ")  named " + std::to_string(step.namedCeiling) +
                " (" + shown(step.namedAccuracy, "%.2f") + ")";
    }
    if (w.books > 0) {
        line += "  book " + shown(mean(w.bookLoss, w.books));
    }
    if (w.quotes > 0) {
        line += "  quotes " + shown(mean(w.quoteLoss, w.quotes));
    }
    if (w.transfers > 0) {
        line += "  attention " + shown(mean(w.transferLoss, w.transfers));
    }
    line += "  gradient " + shown(mean(w.norm, w.steps), "%.2f") + "  gates " +
            shown(step.gateMean) + " (" + shown(step.gateLeast) + "-" + shown(step.gateMost) +
            ", slope " + shown(step.slope) + ")";
    const Gauges& gauges = step.gauges;
    if (gauges.writes > 0 && gauges.reads > 0) {
        line += "  write " + shown(mean(gauges.writeGate, gauges.writes)) + "  share " +
                shown(mean(gauges.memoryShare, gauges.reads)) + "  least mass " +
                shown(gauges.leastMass, "%.1e");
    }
    std::optional<double> eta;
    if (share > 0) {
        eta = trainedSeconds() * (1 - share) / share;
        line += "  ETA " + clockTime(*eta);
    }
    line += "  RSS " + shown(residentBytes() / 1e9, "%.1f") + " GB";
    if (w.skipped > 0) {
        line += "  " + std::to_string(w.skipped) + " steps skipped: gradients not finite";
    }
    log(line);
    m_tell({line, false, step.step, share, eta});
    m_window = Window();
    m_lastReport = Clock::now();
}

void Run::evaluate() {
    const auto begin = Clock::now();
    if (auto result = m_dev->evaluate(m_trainer->parameters(), [&] { return !m_isCancelled(); })) {
        m_result = std::move(result);
        remark("step " + std::to_string(m_trainer->steps()) + "  " + m_result->line() + "  (" +
               shown(secondsSince(begin), "%.0f") + " s)");
    }
    m_lastReport = Clock::now();
}

void Run::write() {
    replaceFile(m_options.output + ".checkpoint",
                m_trainer->checkpoint({{"seconds", shown(trainedSeconds(), "%.3f")}}));
    TrainingHistory history;
    history.engineVersion = m_options.engineVersion.empty() ? "unknown" : m_options.engineVersion;
    history.dataSha256 = m_corpus.sha256;
    history.texts = m_corpus.hashes;
    history.segmentTokens = m_devSizes.bookTokens;
    history.steps = m_trainer->steps();
    history.seed = static_cast<std::int64_t>(m_options.seed & INT64_MAX);
    history.passkey = "not measured yet";
    if (m_result) {
        history.perplexityWithMemory = std::max(1.0, m_result->perplexityWithMemory);
        history.perplexityZeroed = std::max(1.0, m_result->perplexityZeroed);
        history.passkey = m_result->keySentence(m_devSizes.samples);
    }
    replaceFile(m_options.output, adapterBytes(m_trainer->parameters(),
                                               m_trainer->student().shape(), *m_weights, history));
}

void Run::run() {
    begin();
    if (m_isCancelled()) {
        return;
    }
    m_start = m_lastReport = Clock::now();
    auto lastWrite = m_start;
    while (!isAtEnd()) {
        const bool wantsGauges = (m_trainer->steps() + 1) % kReportEvery == 0;
        const StepReport step = m_trainer->step(progress(), wantsGauges);
        m_window.add(step);
        if (step.isSkipped) {
            remark("step " + std::to_string(step.step) +
                   " was skipped: its gradients are not finite");
        }
        if (step.step % kReportEvery == 0) {
            report(step);
        }
        if (step.step % m_options.evaluateEvery == 0) {
            evaluate();
        }
        if (secondsSince(lastWrite) > 60 * m_options.checkpointMinutes) {
            write();
            lastWrite = Clock::now();
        }
    }
    if (!m_isCancelled() && (!m_result || m_trainer->steps() % m_options.evaluateEvery != 0)) {
        evaluate();
    }
    write();
    remark("written: " + m_options.output + " after " + std::to_string(m_trainer->steps()) +
           " steps and " + clockTime(trainedSeconds()));
}

} // namespace

void adapt(const std::shared_ptr<const model::Weights>& weights, const model::Tokenizer& tokenizer,
           const Options& options, const std::function<void(const Report&)>& tell,
           const std::function<bool()>& isCancelled) {
    if (options.method == "rmt" || options.method == "autocompressor") {
        adaptPrompt(weights, tokenizer, options, tell, isCancelled);
        return;
    }
    if (options.method != "infini") {
        throw Error(Code::WrongUse,
                    "The method is \"" + options.method + "\"; use infini, rmt or autocompressor.");
    }
    Run(weights, tokenizer, options, tell, isCancelled).run();
}

} // namespace engine::adapt
