#include "engine/adapt/adapt.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "engine/adapt/dev_set.h"
#include "engine/adapt/infini_training.h"
#include "engine/adapt/prompt_training.h"
#include "engine/adapt/shown.h"
#include "engine/adapt/tensor_file.h"
#include "engine/adapt/training.h"
#include "engine/error.h"
#include "engine/model/mapped_file.h"
#include "engine/utc_time.h"

namespace engine::adapt {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kReportEvery = 10;     ///< steps
constexpr std::int64_t kTextsBetween = 50;    ///< from one line of progress to the next
constexpr std::string_view kThen = "; then "; ///< between commands

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string clockTime(double seconds) {
    const auto whole = static_cast<std::int64_t>(seconds);
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60,
                  whole % 60);
    return buffer;
}

/// Most bytes that this process ever had in memory.
double peakBytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

/// The note `name` of a checkpoint; `otherwise` when it has none. Throws BadWeights: no number.
double numberOf(const Fields& notes, const char* name, double otherwise, const std::string& path) {
    const auto found = notes.find(name);
    if (found == notes.end()) {
        return otherwise;
    }
    const std::string& note = found->second;
    double number = 0;
    const char* const end = note.data() + note.size();
    const auto [stopped, error] = std::from_chars(note.data(), end, number);
    if (error != std::errc() || stopped != end) {
        throw Error(Code::BadWeights, path + ": its note " + name + " is \"" + note +
                                          "\" and no number; begin anew without --resume.");
    }
    return number;
}

/// What decided the result, as it is typed. Texts stay unnamed, their hash is told beside it; of an
/// adapter that it began with the command is told before it.
std::string commandOf(const Options& options) {
    std::string command =
        "infolio-cli --seed " + std::to_string(options.seed) + " adapt --method " + options.method;
    if (!options.layers.empty()) {
        command += " --layers " + options.layers;
    }
    if (options.gatesOnly) {
        command += " --stage gates";
    }
    if (options.method == "infini") {
        command += " --kl " + shown(options.klWeight, "%g");
    }
    if (options.minutes) {
        command += " --minutes " + shown(*options.minutes, "%g");
    }
    if (options.steps) {
        command += " --steps " + std::to_string(*options.steps);
    }
    if (options.target) {
        command += " --target " + std::to_string(*options.target);
    }
    if (!options.from.empty()) {
        command += " --from ADAPTER";
    }
    return command + (options.resume ? " --resume" : "");
}

/// `command` behind those that were given before it; the same again and again stands there once.
std::string withCommand(const std::string& before, const std::string& command) {
    if (before.empty() || before == command) {
        return command;
    }
    const std::string last = std::string(kThen) + command;
    return before.ends_with(last) ? before : before + last;
}

/// The note `name`; empty when there is none.
std::string noteOf(const Fields& notes, const char* name) {
    const auto found = notes.find(name);
    return found == notes.end() ? "" : found->second;
}

std::unique_ptr<Training> chosenTraining(const std::shared_ptr<const model::Weights>& weights,
                                         const model::Tokenizer& tokenizer,
                                         const Options& options) {
    if (options.method == "infini") {
        return infiniTraining(weights, tokenizer, options);
    }
    if (options.method == "rmt" || options.method == "autocompressor") {
        return promptTraining(weights, tokenizer, options);
    }
    throw Error(Code::WrongUse,
                "The method is \"" + options.method + "\"; use infini, rmt or autocompressor.");
}

/// One training from its options to its files, whatever the method.
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
    /// What is held out is drawn by the seed.
    void requireSeedAsBegun() const;
    void begin();
    void loadTexts();
    void beginTraining();
    void remarkWhatIsNotHeldOut();
    void remark(const std::string& line);
    void report();
    void evaluate();
    void write();
    [[nodiscard]] double trainedSeconds() const {
        return m_before + (m_start ? secondsSince(*m_start) : 0.0);
    }
    [[nodiscard]] double progress() const;
    [[nodiscard]] bool isAtEnd() const;
    [[nodiscard]] std::string checkpointPath() const { return m_options.output + ".checkpoint"; }
    void log(const std::string& line);
    /// Hashes of what the adapter that this begins with was trained on.
    [[nodiscard]] std::vector<std::string> formerTexts() const;

    const std::shared_ptr<const model::Weights>& m_weights;
    const model::Tokenizer& m_tokenizer;
    const Options& m_options;
    const std::function<void(const Report&)>& m_tell;
    const std::function<bool()>& m_isCancelled;
    Corpus m_corpus;
    std::unique_ptr<Training> m_training;
    DevSizes m_devSizes;
    std::unique_ptr<DevSet> m_dev;
    std::optional<DevResult> m_result; ///< of this run
    TrainingHistory m_history;         ///< with the last result, a former run's too
    Fields m_former;                   ///< notes of the training that an adapter came from
    std::string m_commands;            ///< of this and former runs
    std::ofstream m_log;
    std::optional<Clock::time_point> m_start; ///< of the first step
    Clock::time_point m_lastReport;
    std::int64_t m_stepsReported = 0, m_skipped = 0; ///< until and since the last line of progress
    double m_before = 0;                             ///< seconds that former runs trained
};

void Run::requireOptions() const {
    if (!m_options.minutes && !m_options.steps && !m_options.target) {
        throw Error(Code::WrongUse, "The training has no end; say how long with --minutes, --steps "
                                    "or --target.");
    }
    if (fs::exists(m_options.output) && !m_options.resume && !m_options.force) {
        throw Error(Code::CannotWrite, m_options.output +
                                           " is there already; name another file, go on with it by "
                                           "--resume, or replace it by --force.");
    }
}

void Run::requireSeedAsBegun() const {
    const auto stored = model::MappedFile::open(checkpointPath());
    const std::string seed =
        noteOf(StoredCheckpoint::parse(stored->bytes(), checkpointPath()).notes(), "seed");
    if (!seed.empty() && seed != std::to_string(m_options.seed)) {
        throw Error(Code::WrongUse, checkpointPath() + ": this training was begun with --seed " +
                                        seed + "; go on with the same, or begin anew.");
    }
}

void Run::log(const std::string& line) {
    m_log << utcTime() << " " << line << std::endl;
}

std::vector<std::string> Run::formerTexts() const {
    std::istringstream hashes(noteOf(m_former, "former_texts"));
    return {std::istream_iterator<std::string>(hashes), {}};
}

void Run::remark(const std::string& line) {
    log(line);
    m_tell({line, true, m_training->steps(), progress(), {}});
}

void Run::loadTexts() {
    m_corpus = Corpus::load(m_options.texts, m_options.refused, m_tokenizer, m_options.seed,
                            m_training->leastTokens(), [&](std::int64_t done, std::int64_t all) {
                                if (done % kTextsBetween == 0) {
                                    const std::string texts =
                                        std::to_string(done + 1) + " of " + std::to_string(all);
                                    m_tell({"tokenising text " + texts, false, 0, 0, {}});
                                }
                                return !m_isCancelled();
                            });
}

void Run::beginTraining() {
    std::int64_t tokens = 0;
    for (const Text& text : m_corpus.train) {
        tokens += static_cast<std::int64_t>(text.ids.size());
    }
    remark("texts: " + std::to_string(m_corpus.train.size()) + " to train on (" +
           std::to_string(tokens) + " tokens), " + std::to_string(m_corpus.dev.size()) +
           " held out, " + std::to_string(m_corpus.skipped.size()) + " too short; hash " +
           m_corpus.sha256);
    const std::string path = checkpointPath();
    const auto stored = m_options.resume ? model::MappedFile::open(path) : nullptr;
    Training::Start start{m_corpus,
                          {},
                          path,
                          [&](const std::string& line) { remark(line); },
                          [&] { return !m_isCancelled(); }};
    if (stored) {
        start.checkpoint = stored->bytes();
    }
    const Fields notes = m_training->begin(start);
    m_before = numberOf(notes, "seconds", 0, path);
    m_history.perplexityWithMemory = numberOf(notes, "ppl_memory", 1, path);
    m_history.perplexityZeroed = numberOf(notes, "ppl_zeroed", 1, path);
    if (const auto found = notes.find("passkey"); found != notes.end()) {
        m_history.passkey = found->second;
    }
    m_commands = withCommand(noteOf(notes, "commands"), commandOf(m_options));
    for (const auto& [name, note] : notes) {
        if (name.starts_with("former_")) {
            m_former[name] = note;
        }
    }
    remark(m_training->description() + ", " + std::to_string(m_training->parameters().count()) +
           " values to train, from step " + std::to_string(m_training->steps()) + ", seed " +
           std::to_string(m_options.seed) + ", on " +
           m_training->parameters().all.front().values.device().str());
    remarkWhatIsNotHeldOut();
    m_dev = std::make_unique<DevSet>(m_training->devReader(), m_training->parameters(), m_corpus,
                                     m_tokenizer, m_devSizes);
    if (!m_options.from.empty()) {
        evaluate();
        if (m_result) {
            m_training->beginAt(*m_result);
        }
    }
}

void Run::remarkWhatIsNotHeldOut() {
    if (noteOf(m_former, "former_data_sha256") == m_corpus.sha256 &&
        noteOf(m_former, "former_seed") == std::to_string(m_options.seed) &&
        noteOf(m_former, "former_command").find("--from") == std::string::npos) {
        return; // the same were held out, from the first training on
    }
    const auto count =
        std::ranges::count_if(m_corpus.dev, [former = formerTexts()](const Text& text) {
            return std::ranges::find(former, text.sha256) != former.end();
        });
    if (count > 0) {
        remark(std::to_string(count) + " of the texts held out are among those of the adapter " +
               "that this begins with, which may have been trained on them: held-out figures may " +
               "be better than they should");
    }
}

void Run::begin() {
    requireOptions();
    m_training = chosenTraining(m_weights, m_tokenizer, m_options);
    if (m_options.resume) {
        requireSeedAsBegun();
    }
    m_devSizes = m_training->devSizes(m_options.target);
    m_log.open(m_options.output + ".log", std::ios::app);
    if (!m_log) {
        throw Error(Code::CannotWrite, m_options.output +
                                           ".log cannot be written; name an output in a folder "
                                           "where you may write.");
    }
    loadTexts();
    if (!m_isCancelled()) {
        beginTraining();
    }
}

double Run::progress() const {
    double share = 0;
    if (m_options.steps) {
        share = static_cast<double>(m_training->steps()) / static_cast<double>(*m_options.steps);
    }
    if (m_options.minutes) {
        share = std::max(share, trainedSeconds() / (60 * *m_options.minutes));
    }
    return std::min(1.0, share);
}

bool Run::isAtEnd() const {
    return m_isCancelled() || progress() >= 1.0 ||
           (m_options.target && m_result &&
            m_result->keyAt(*m_options.target) >= m_options.targetShare);
}

void Run::report() {
    const std::int64_t step = m_training->steps();
    const double share = progress();
    const double perStep = secondsSince(m_lastReport) / static_cast<double>(step - m_stepsReported);
    std::string line = "step " + std::to_string(step) + "  " + shown(perStep, "%.2f") + " s" +
                       m_training->figures();
    std::optional<double> eta;
    if (share > 0) {
        eta = trainedSeconds() * (1 - share) / share;
        line += "  ETA " + clockTime(*eta);
    }
    line += "  peak RSS " + shown(peakBytes() / 1e9, "%.1f") + " GB";
    if (m_skipped > 0) {
        line += "  " + std::to_string(m_skipped) + " steps skipped: gradients not finite";
    }
    log(line);
    m_tell({line, false, step, share, eta});
    m_stepsReported = step;
    m_skipped = 0;
    m_lastReport = Clock::now();
}

void Run::evaluate() {
    const auto begin = Clock::now();
    if (auto result = m_dev->evaluate(m_training->parameters(), [&] { return !m_isCancelled(); })) {
        m_result = std::move(result);
        m_history.passkey = m_result->keySentence();
        m_history.perplexityWithMemory = std::max(1.0, m_result->perplexityWithMemory);
        m_history.perplexityZeroed = std::max(1.0, m_result->perplexityZeroed);
        remark("step " + std::to_string(m_training->steps()) + "  " + m_result->line() + "  (" +
               shown(secondsSince(begin), "%.0f") + " s)");
    }
    m_lastReport = Clock::now();
}

void Run::write() {
    Fields notes = m_former;
    notes["seed"] = std::to_string(m_options.seed);
    notes["commands"] = m_commands;
    notes["seconds"] = shown(trainedSeconds());
    notes["passkey"] = m_history.passkey;
    notes["ppl_memory"] = fieldNumber(m_history.perplexityWithMemory);
    notes["ppl_zeroed"] = fieldNumber(m_history.perplexityZeroed);
    const std::string path = checkpointPath();
    replaceFile(path, m_training->checkpoint(notes));
    m_history.engineVersion = m_options.engineVersion.empty() ? "unknown" : m_options.engineVersion;
    m_history.texts = m_corpus.hashes;
    std::ranges::copy(formerTexts(), std::back_inserter(m_history.texts));
    std::ranges::sort(m_history.texts);
    const auto twice = std::ranges::unique(m_history.texts);
    m_history.texts.erase(twice.begin(), twice.end());
    m_history.dataSha256 = hashOver(m_history.texts);
    m_history.segmentTokens = m_devSizes.bookTokens;
    m_history.steps = m_training->steps() +
                      static_cast<std::int64_t>(numberOf(m_former, "former_steps", 0, path));
    m_history.seed = static_cast<std::int64_t>(m_options.seed & INT64_MAX);
    const std::string former = noteOf(m_former, "former_command");
    m_history.command = former.empty() ? m_commands : former + std::string(kThen) + m_commands;
    m_history.seconds = trainedSeconds() + numberOf(m_former, "former_seconds", 0, path);
    replaceFile(m_options.output, m_training->fileBytes(m_history));
}

void Run::run() {
    begin();
    if (m_isCancelled()) {
        return;
    }
    m_start = m_lastReport = Clock::now();
    m_stepsReported = m_training->steps();
    auto lastWrite = *m_start;
    while (!isAtEnd()) {
        const std::int64_t step = m_training->steps() + 1;
        const bool isReported = step % kReportEvery == 0;
        if (!m_training->step(progress(), isReported)) {
            ++m_skipped;
            remark("step " + std::to_string(step) + " was skipped: its gradients are not finite");
        }
        if (isReported) {
            report();
        }
        if (step % m_options.evaluateEvery == 0) {
            evaluate();
        }
        if (secondsSince(lastWrite) > 60 * m_options.checkpointMinutes) {
            write();
            lastWrite = Clock::now();
        }
    }
    if (!m_isCancelled() && (!m_result || m_training->steps() % m_options.evaluateEvery != 0)) {
        evaluate();
    }
    write();
    remark("written: " + m_options.output + " after " + std::to_string(m_training->steps()) +
           " steps and " + clockTime(trainedSeconds()));
}

} // namespace

void adapt(const std::shared_ptr<const model::Weights>& weights, const model::Tokenizer& tokenizer,
           const Options& options, const std::function<void(const Report&)>& tell,
           const std::function<bool()>& isCancelled) {
    Run(weights, tokenizer, options, tell, isCancelled).run();
}

} // namespace engine::adapt
