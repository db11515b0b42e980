#include "engine/adapt/prompt_run.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "engine/adapt/prompt_dev.h"
#include "engine/adapt/prompt_trainer.h"
#include "engine/adapt/tensor_file.h"
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
    double needleLoss = 0, tokens = 0, exact = 0, bookLoss = 0, norm = 0;
    std::int64_t steps = 0, books = 0, skipped = 0;

    void add(const PromptStepReport& report) {
        ++steps;
        needleLoss += report.needleLoss;
        tokens += report.tokenAccuracy;
        exact += report.exact;
        norm += report.gradientNorm;
        skipped += report.isSkipped;
        if (report.hasBook) {
            ++books;
            bookLoss += report.bookLoss;
        }
    }
};

class Run {
public:
    Run(const std::shared_ptr<const model::Weights>& weights, const model::Tokenizer& tokenizer,
        const Options& options, const std::function<void(const Report&)>& tell,
        const std::function<bool()>& isCancelled)
        : m_weights(weights), m_tokenizer(tokenizer), m_options(options), m_tell(tell),
          m_isCancelled(isCancelled) {
        m_shape.method = model::modeFromName(options.method);
    }

    void run();

private:
    void requireOptions() const;
    void begin();
    void log(const std::string& line) { m_log << utcTime() << " " << line << std::endl; }
    void remark(const std::string& line);
    void report(const PromptStepReport& step);
    void evaluate();
    void write();
    [[nodiscard]] double trainedSeconds() const { return m_before + secondsSince(m_start); }
    [[nodiscard]] double progress() const;
    [[nodiscard]] bool isAtEnd() const;

    const std::shared_ptr<const model::Weights>& m_weights;
    const model::Tokenizer& m_tokenizer;
    const Options& m_options;
    const std::function<void(const Report&)>& m_tell;
    const std::function<bool()>& m_isCancelled;
    PromptShape m_shape;
    PromptRecipe m_recipe;
    PromptDevSizes m_devSizes;
    Corpus m_corpus;
    std::unique_ptr<PromptTrainer> m_trainer;
    std::unique_ptr<PromptDevSet> m_dev;
    std::optional<DevResult> m_result;
    std::ofstream m_log;
    Clock::time_point m_start = Clock::now(), m_lastReport = m_start;
    double m_before = 0; ///< seconds that former runs trained
    Window m_window;
};

void Run::requireOptions() const {
    if (!m_options.minutes && !m_options.steps && !m_options.target) {
        throw Error(Code::WrongUse, "The training has no end; say how long with --minutes, --steps "
                                    "or --target.");
    }
    if (!m_options.layers.empty() || m_options.gatesOnly || !m_options.from.empty()) {
        throw Error(Code::WrongUse,
                    "--layers, --stage and --from are options of the method infini; "
                    "leave them out with the method " +
                        m_options.method + ".");
    }
    if (fs::exists(m_options.output) && !m_options.resume && !m_options.force) {
        throw Error(Code::CannotWrite, m_options.output +
                                           " is there already; name another file, go on with it by "
                                           "--resume, or replace it by --force.");
    }
}

void Run::remark(const std::string& line) {
    log(line);
    m_tell({line, true, m_trainer ? m_trainer->steps() : 0, progress(), {}});
}

void Run::begin() {
    requireOptions();
    m_log.open(m_options.output + ".log", std::ios::app);
    if (!m_log) {
        throw Error(Code::CannotWrite, m_options.output +
                                           ".log cannot be written; name an output in a folder "
                                           "where you may write.");
    }
    // A model of a small context is trained on what it can read.
    const std::int64_t context = m_weights->config.contextTokens;
    std::erase_if(m_recipe.bookTokens, [&](std::int64_t N) { return N > context / 2; });
    if (m_recipe.bookTokens.empty()) {
        throw Error(Code::WrongUse, "The model's context of " + std::to_string(context) +
                                        " tokens is too short for training; it must hold 512.");
    }
    m_devSizes.bookTokens = m_recipe.bookTokens.back();
    if (m_options.target) {
        m_devSizes.depths.push_back(*m_options.target);
        std::sort(m_devSizes.depths.begin(), m_devSizes.depths.end());
    }
    m_corpus = Corpus::load(m_options.texts, m_options.refused, m_tokenizer, m_options.seed,
                            m_recipe.leastTokens(), [&](std::int64_t done, std::int64_t all) {
                                if (done % kTextsBetween == 0) {
                                    m_tell({"tokenising text " + std::to_string(done + 1) + " of " +
                                                std::to_string(all),
                                            false,
                                            0,
                                            0,
                                            {}});
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
    m_trainer = std::make_unique<PromptTrainer>(m_weights, m_tokenizer, m_corpus, m_shape, m_recipe,
                                                m_options.seed);
    if (m_options.resume) {
        const std::string checkpoint = m_options.output + ".checkpoint";
        const auto stored = model::MappedFile::open(checkpoint);
        const auto notes = m_trainer->restore(stored->bytes(), checkpoint);
        if (const auto found = notes.find("seconds"); found != notes.end()) {
            m_before = std::stod(found->second);
        }
    }
    remark("method " + m_options.method + ", " + std::to_string(m_shape.vectors) +
           " vectors, additions of rank " + std::to_string(m_shape.rank) + ", " +
           std::to_string(m_trainer->parameters().count()) + " values to train, from step " +
           std::to_string(m_trainer->steps()) + ", seed " + std::to_string(m_options.seed));
    m_dev = std::make_unique<PromptDevSet>(m_trainer->student(), m_corpus, m_tokenizer, m_devSizes);
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

void Run::report(const PromptStepReport& step) {
    const Window& w = m_window;
    const auto mean = [](double sum, std::int64_t count) {
        return count > 0 ? sum / static_cast<double>(count) : 0.0;
    };
    const double share = progress();
    std::string line = "step " + std::to_string(step.step) + "  " +
                       shown(secondsSince(m_lastReport) / static_cast<double>(w.steps), "%.2f") +
                       " s  needle " + shown(mean(w.needleLoss, w.steps)) + "  digits " +
                       shown(mean(w.tokens, w.steps)) + "  exact " + shown(mean(w.exact, w.steps)) +
                       "  depth " + std::to_string(step.ceiling) + " (" +
                       shown(step.accuracy, "%.2f") + ")";
    if (w.books > 0) {
        line += "  book " + shown(mean(w.bookLoss, w.books));
    }
    line += "  gradient " + shown(mean(w.norm, w.steps), "%.2f");
    std::optional<double> eta;
    if (share > 0) {
        eta = trainedSeconds() * (1 - share) / share;
        line += "  ETA " + clockTime(*eta);
    }
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
                m_trainer->checkpoint({{"seconds", shown(trainedSeconds())}}));
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
    replaceFile(m_options.output,
                promptBytes(m_trainer->parameters(), m_shape, *m_weights, history));
}

void Run::run() {
    begin();
    if (m_isCancelled()) {
        return;
    }
    m_start = m_lastReport = Clock::now();
    auto lastWrite = m_start;
    while (!isAtEnd()) {
        const PromptStepReport step = m_trainer->step(progress());
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

void adaptPrompt(const std::shared_ptr<const model::Weights>& weights,
                 const model::Tokenizer& tokenizer, const Options& options,
                 const std::function<void(const Report&)>& tell,
                 const std::function<bool()>& isCancelled) {
    Run(weights, tokenizer, options, tell, isCancelled).run();
}

} // namespace engine::adapt
