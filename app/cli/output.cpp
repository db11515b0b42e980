#include "app/cli/output.h"

#include <algorithm>
#include <cerrno>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli/text.h"

namespace app::cli {
namespace {

using Json = nlohmann::ordered_json;
using engine::Code;

Json placeJson(const engine::PageRange& pages) {
    return {{"page_label", pages.firstLabel},
            {"page_index", pages.first},
            {"page_last_label", pages.lastLabel},
            {"page_last_index", pages.last},
            {"is_location", pages.isLocation}};
}

Json evidenceJson(const engine::Evidence& evidence) {
    Json json = {{"n", evidence.number},
                 {"document", evidence.document.sha256},
                 {"title", evidence.title},
                 {"chapter", evidence.chapter},
                 {"paragraph", evidence.paragraph}};
    json.update(placeJson(evidence.pages));
    json.update(Json{{"place", evidence.place},
                     {"offset", evidence.range.begin},
                     {"length", evidence.range.end - evidence.range.begin},
                     {"quote", evidence.quote},
                     {"score", evidence.score}});
    return json;
}

Json coverageJson(const engine::Coverage& coverage) {
    Json json = {{"read", coverage.read},
                 {"text", coverage.text},
                 {"by_ocr", coverage.byOcr},
                 {"empty", coverage.empty},
                 {"failed", coverage.failed},
                 {"pending", coverage.pending},
                 {"total", coverage.total},
                 {"is_location", coverage.isLocation},
                 {"failed_pages", coverage.failedPages}};
    json["bound"] = coverage.bound ? placeJson(*coverage.bound) : Json();
    return json;
}

std::string underscored(std::string_view words) {
    std::string result(words);
    std::replace(result.begin(), result.end(), ' ', '_');
    return result;
}

/// On a terminal a quote that does not fit beside its place stands below it.
std::string evidenceLine(const engine::Evidence& evidence, int columns) {
    const std::string number =
        evidence.number > 0 ? "[" + std::to_string(evidence.number) + "] " : "";
    const std::string place = "  " + number + citation(evidence);
    const std::string quote = '"' + escaped(evidence.quote, Lines::Join) + '"';
    const std::string line = place + "   " + quote;
    if (columns == 0 || line == shortened(line, columns))
        return line + "\n";
    return place + "\n" + wrapped(quote, 6, columns) + "\n";
}

std::string shortId(const engine::DocumentId& id) {
    return id.sha256.substr(0, 12);
}

std::string units(const engine::Coverage& coverage, int count) {
    return coverage.isLocation ? counted(count, "location", "locations")
                               : counted(count, "page", "pages");
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text;
}

} // namespace

/// One JSON line: `v` and `type` first.
class Output::Record {
public:
    explicit Record(const char* type, Json fields = Json::object())
        : m_json{{"v", 1}, {"type", type}} {
        m_json.update(fields);
    }
    [[nodiscard]] std::string text() const {
        // Paths and titles may hold bytes that are not UTF-8; JSON may not.
        return m_json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    }

private:
    Json m_json;
};

std::string_view stateName(engine::State state) {
    switch (state) {
    case engine::State::Queued:
        return "queued";
    case engine::State::TextReady:
        return "text ready";
    case engine::State::Reading:
        return "reading";
    case engine::State::Paused:
        return "paused";
    case engine::State::Read:
        return "read";
    case engine::State::ReadWithGaps:
        return "read with gaps";
    case engine::State::MemoryOutdated:
        return "memory outdated";
    case engine::State::Locked:
        return "locked";
    case engine::State::NoText:
        return "no text";
    case engine::State::Damaged:
        return "damaged";
    case engine::State::Removed:
        return "removed";
    }
    return "queued";
}

std::string_view basisName(engine::Basis basis) {
    switch (basis) {
    case engine::Basis::Evidence:
        return "evidence";
    case engine::Basis::Memory:
        return "memory";
    case engine::Basis::Model:
        return "model";
    }
    return "model";
}

std::string placeName(const engine::PageRange& pages) {
    const bool isOne = pages.first == pages.last;
    const std::string indexes =
        std::to_string(pages.first) + (isOne ? "" : "–" + std::to_string(pages.last));
    if (pages.isLocation)
        return "loc. " + indexes;
    const std::string first =
        pages.firstLabel.empty() ? std::to_string(pages.first) : pages.firstLabel;
    const std::string last = pages.lastLabel.empty() ? std::to_string(pages.last) : pages.lastLabel;
    const std::string labels = escaped(isOne ? first : first + "–" + last, Lines::Join);
    const bool isNamed = labels == indexes || pages.isPrinted;
    return (isOne ? "p. " : "pp. ") + labels + (isNamed ? "" : " (PDF " + indexes + ")");
}

std::string citation(const engine::Evidence& evidence) {
    const std::string place = evidence.place.empty() ? placeName(evidence.pages) : evidence.place;
    return escaped(evidence.title + ", " + place, Lines::Join);
}

std::string coverageLine(const engine::Coverage& coverage) {
    std::string line = "Read " + grouped(coverage.read) + " of " + units(coverage, coverage.total);
    std::vector<std::string> parts;
    if (coverage.byOcr > 0)
        parts.push_back(grouped(coverage.byOcr) + " by OCR");
    if (coverage.empty > 0)
        parts.push_back(grouped(coverage.empty) + " empty");
    if (coverage.failed > 0) {
        std::string failed = grouped(coverage.failed) + " failed";
        constexpr std::size_t kNamed = 10;
        for (std::size_t i = 0; i < std::min(coverage.failedPages.size(), kNamed); ++i)
            failed += (i == 0 ? ": " : ", ") + std::to_string(coverage.failedPages[i]);
        parts.push_back(failed + (coverage.failedPages.size() > kNamed ? ", …" : ""));
    }
    for (std::size_t i = 0; i < parts.size(); ++i)
        line += (i == 0 ? " (" : "; ") + parts[i];
    line += parts.empty() ? "." : ").";
    if (coverage.bound)
        line += " As of " + placeName(*coverage.bound) + ".";
    else if (coverage.read >= coverage.total)
        line += " As of the end.";
    return line;
}

std::string gistText(const std::vector<engine::GistSentence>& sentences) {
    std::string text;
    for (const engine::GistSentence& sentence : sentences) {
        if (!text.empty())
            text += " ";
        if (sentence.basis == engine::Basis::Memory)
            text += "~ ";
        if (sentence.basis == engine::Basis::Model)
            text += "? ";
        text += escaped(sentence.utf8, Lines::Join);
        for (const int number : sentence.citations)
            text += " [" + std::to_string(number) + "]";
    }
    return text;
}

std::string basisLegend(const std::vector<engine::GistSentence>& sentences) {
    std::string legend;
    for (const auto& [basis, text] :
         {std::pair(engine::Basis::Memory, "~ from memory, no evidence found"),
          std::pair(engine::Basis::Model, "? from the model alone, not from the document")}) {
        if (std::any_of(sentences.begin(), sentences.end(),
                        [&](const auto& s) { return s.basis == basis; }))
            legend += std::string("   ") + text;
    }
    return legend;
}

std::string hint(Code code) {
    switch (code) {
    case Code::WrongUse:
        return "infolio-cli --help lists commands and options.";
    case Code::Ambiguous:
        return "Name the document by more of its id; infolio-cli library list shows the ids.";
    case Code::NotInLibrary:
        return "Read it first: infolio-cli read PATH";
    case Code::Locked:
        return "Give its password with --password-file FILE.";
    case Code::NoModel:
        return "Name a GGUF file with --model FILE or INFOLIO_MODEL.";
    case Code::BadSnapshot:
        return "Read the document again: infolio-cli read --again PATH";
    case Code::CannotWrite:
        return "Name another file, or replace it with --force.";
    case Code::DiskFull:
        return "Free some space and give the same command again; it goes on where it stopped.";
    case Code::NoDevice:
        return "Use --device cpu.";
    default:
        return {};
    }
}

Output::Output(Streams streams, const CommonOptions& options, std::function<void()> onGone)
    : m_streams(streams), m_json(options.json), m_quiet(options.quiet), m_verbose(options.verbose),
      m_color(options.color && !options.json), m_style(options.progress),
      m_filter(options.json                              ? ProgressFilter::Pace::TwoPerSecond
               : options.progress == ProgressStyle::Line ? ProgressFilter::Pace::TenPerSecond
                                                         : ProgressFilter::Pace::TenPercent),
      m_onGone(std::move(onGone)), m_start(std::chrono::steady_clock::now()) {}

void Output::print(const std::string& text) {
    if (m_broken)
        return;
    clearLine();
    errno = 0;
    m_streams.out << text << std::flush;
    if (m_streams.out.fail()) {
        m_broken = true;
        m_pipeClosed = errno == EPIPE;
        m_onGone();
    }
}

void Output::printRecord(const Record& record) {
    print(record.text());
}

void Output::clearLine() {
    if (m_hasLine)
        m_streams.err << "\r\033[K" << std::flush;
    m_hasLine = false;
}

std::string Output::heading(const std::string& text) const {
    return m_color ? "\033[1m" + text + "\033[0m" : text;
}

void Output::progress(const engine::Progress& progress) {
    const std::lock_guard lock(m_mutex);
    if (m_style == ProgressStyle::Never ||
        !m_filter.passes(progress, std::chrono::steady_clock::now()))
        return;
    if (m_json) {
        Json fields = {{"stage", stageName(progress.stage)},
                       {"document", progress.document.sha256},
                       {"title", progress.title},
                       {"done", progress.done},
                       {"total", progress.total},
                       {"unit", progress.unit},
                       {"per_second", progress.perSecond}};
        fields["eta_seconds"] = progress.etaSeconds ? Json(*progress.etaSeconds) : Json();
        if (progress.stage == engine::Stage::Read) {
            fields["tokens_per_second"] = progress.tokensPerSecond;
            fields["memory_bytes"] = progress.memoryBytes;
        }
        printRecord(Record("progress", fields));
        return;
    }
    const std::string line = progressLine(progress);
    if (m_style == ProgressStyle::Plain) {
        m_streams.err << line << std::endl;
        return;
    }
    m_streams.err << "\r" << shortened(line, std::max(20, m_streams.columns - 1)) << "\033[K"
                  << std::flush;
    m_hasLine = true;
}

void Output::notice(const std::string& text) {
    const std::lock_guard lock(m_mutex);
    if (m_quiet)
        return;
    if (m_json)
        return printRecord(Record("notice", {{"text", text}}));
    clearLine();
    m_streams.err << escaped(text, Lines::Join) << std::endl;
}

void Output::error(Code code, const std::string& message, const std::string& where) {
    const std::lock_guard lock(m_mutex);
    if (m_json)
        return printRecord(Record("error", {{"code", engine::name(code)},
                                            {"path", where},
                                            {"message", message},
                                            {"hint", hint(code)},
                                            {"exit", engine::exitStatus(code)}}));
    clearLine();
    const bool isNamed = where.empty() || message.find(where) != std::string::npos;
    m_streams.err << "infolio-cli: "
                  << escaped(isNamed ? message : where + ": " + message, Lines::Join) << std::endl;
    const std::string help = hint(code);
    // The sentence may have said it, with the very names.
    if (!help.empty() && code != Code::WrongUse &&
        message.find("infolio-cli ") == std::string::npos)
        m_streams.err << "  " << help << std::endl;
}

void Output::document(const engine::DocumentInfo& info,
                      const std::vector<engine::ContentsEntry>* contents) {
    const std::lock_guard lock(m_mutex);
    if (m_json) {
        Json fields = {{"id", info.id.sha256},
                       {"title", info.title},
                       {"author", info.author},
                       {"kind", info.kind},
                       {"language", info.language},
                       {"state", underscored(stateName(info.state))},
                       {"bytes", info.bytes},
                       {"characters", info.characters},
                       {"tokens_read", info.tokensRead},
                       {"coverage", coverageJson(info.coverage)},
                       {"paths", info.paths},
                       {"collections", info.collections},
                       {"added_at", info.addedAt},
                       {"removed", info.isRemoved}};
        if (contents) {
            fields["contents"] = Json::array();
            for (const engine::ContentsEntry& entry : *contents) {
                Json item = {{"level", entry.level},
                             {"title", entry.title},
                             {"offset", entry.range.begin},
                             {"length", entry.range.end - entry.range.begin},
                             {"source", entry.source}};
                item.update(placeJson(entry.page));
                fields["contents"].push_back(item);
            }
        }
        return printRecord(Record("document", fields));
    }
    const engine::Coverage& coverage = info.coverage;
    if (!contents) {
        return print(shortId(info.id) + "  " + padded(std::string(stateName(info.state)), 14) +
                     "  " +
                     padded(grouped(coverage.read) + "/" + grouped(coverage.total) +
                                (coverage.isLocation ? " loc" : " pages"),
                            16) +
                     "  " + escaped(info.title, Lines::Join) + "\n");
    }
    std::string text = heading(escaped(info.title, Lines::Join)) + "\n";
    const auto field = [&](const std::string& name, const std::string& value) {
        if (!value.empty())
            text += "  " + padded(name, 12) + escaped(value, Lines::Join) + "\n";
    };
    field("id", info.id.sha256);
    field("author", info.author);
    field("kind", info.kind);
    field("language", info.language);
    field("state", std::string(stateName(info.state)));
    field("size", byteSize(info.bytes) + ", " + grouped(info.characters) + " characters");
    field("coverage", coverageLine(coverage));
    field("tokens", grouped(info.tokensRead) + " read");
    field("added", info.addedAt);
    for (const std::string& path : info.paths)
        field("path", path);
    for (const std::string& name : info.collections)
        field("collection", name);
    if (!contents->empty())
        text += "Contents\n";
    for (const engine::ContentsEntry& entry : *contents)
        text += std::string(static_cast<std::size_t>(std::clamp(entry.level, 1, 6)) * 2, ' ') +
                escaped(entry.title, Lines::Join) + "  " + placeName(entry.page) + "\n";
    print(text);
}

void Output::question(const std::string& text) {
    const std::lock_guard lock(m_mutex);
    m_hasEvidence = false;
    if (m_json)
        return printRecord(Record("question", {{"text", text}}));
    print(heading("Question  ") + escaped(text, Lines::Join) + "\n");
}

void Output::evidence(const engine::Evidence& evidence) {
    const std::lock_guard lock(m_mutex);
    if (m_json)
        return printRecord(Record("evidence", evidenceJson(evidence)));
    print((m_hasEvidence ? "" : heading("Evidence") + "\n") +
          evidenceLine(evidence, m_streams.outColumns));
    m_hasEvidence = true;
}

void Output::hit(const engine::Evidence& evidence) {
    const std::lock_guard lock(m_mutex);
    if (m_json)
        return printRecord(Record("hit", evidenceJson(evidence)));
    print(evidenceLine(evidence, m_streams.outColumns));
}

void Output::gist(const std::vector<engine::GistSentence>& sentences) {
    const std::lock_guard lock(m_mutex);
    if (m_json) {
        for (const engine::GistSentence& sentence : sentences)
            printRecord(Record("gist", {{"text", sentence.utf8},
                                        {"basis", basisName(sentence.basis)},
                                        {"citations", sentence.citations},
                                        {"memory_lift", sentence.memoryLift}}));
        return;
    }
    const auto cited =
        std::count_if(sentences.begin(), sentences.end(), [](const engine::GistSentence& sentence) {
            return sentence.basis == engine::Basis::Evidence;
        });
    print(heading("Gist") + "  (" + std::to_string(cited) + " of " +
          counted(static_cast<std::int64_t>(sentences.size()), "sentence has", "sentences have") +
          " evidence)\n" + wrapped(gistText(sentences), 2, m_streams.outColumns) + "\n");
}

void Output::refusal(const std::string& text) {
    const std::lock_guard lock(m_mutex);
    if (m_json)
        return printRecord(Record("refusal", {{"text", text}}));
    print(escaped(text, Lines::Join) + "\n");
}

void Output::coverage(const engine::Coverage& coverage, const std::string& title,
                      const std::string& legend) {
    const std::lock_guard lock(m_mutex);
    if (m_json) {
        Json fields = {{"document", coverage.document.sha256}};
        fields.update(coverageJson(coverage));
        return printRecord(Record("coverage", fields));
    }
    print((title.empty() ? "" : escaped(title, Lines::Join) + ": ") + coverageLine(coverage) +
          legend + "\n");
}

void Output::summary(const engine::Summary& summary,
                     const std::vector<engine::GistSentence>& sentences,
                     const std::vector<engine::Evidence>& sources) {
    const std::lock_guard lock(m_mutex);
    if (m_json) {
        Json fields = {{"id", summary.id},
                       {"document", summary.document.sha256},
                       {"title", summary.title},
                       {"offset", summary.range.begin},
                       {"length", summary.range.end - summary.range.begin}};
        fields.update(placeJson(summary.pages));
        return printRecord(Record("summary", fields));
    }
    std::string text = heading(escaped(summary.title, Lines::Join)) + "  (" +
                       placeName(summary.pages) + ")\n" +
                       wrapped(gistText(sentences), 2, m_streams.outColumns) + "\n";
    if (const std::string legend = basisLegend(sentences); !legend.empty())
        text += legend + "\n";
    for (const engine::Evidence& source : sources)
        text += evidenceLine(source, m_streams.outColumns);
    print(text + "\n");
}

void Output::snapshot(const engine::SnapshotInfo& info) {
    const std::lock_guard lock(m_mutex);
    if (m_json) {
        Json fields = {{"id", info.id}};
        fields["parent"] = info.parent ? Json(*info.parent) : Json();
        fields.update(Json{{"kind", info.kind},
                           {"mode", info.mode},
                           {"adapter", info.adapter},
                           {"model", info.model},
                           {"tokens", info.tokens},
                           {"segments", info.segments},
                           {"segment_tokens", info.segmentTokens},
                           {"offset", info.text.end},
                           {"bytes", info.bytes},
                           {"device", info.device},
                           {"dtype", info.dtype},
                           {"threads", info.threads},
                           {"engine_version", info.engineVersion},
                           {"created_at", info.createdAt}});
        fields.update(placeJson(info.page));
        return printRecord(Record("snapshot", fields));
    }
    print(padded(std::to_string(info.id), 6) + padded(info.kind, 10) +
          padded(placeName(info.page), 18) + padded(grouped(info.tokens) + " tokens", 18) +
          padded(byteSize(info.bytes), 11) + info.createdAt + "  " + info.mode + ", " + info.dtype +
          " on " + info.device + "\n");
}

void Output::check(const engine::Check& check) {
    const std::lock_guard lock(m_mutex);
    if (m_json)
        return printRecord(Record("check", {{"document", check.document.sha256},
                                            {"what", check.what},
                                            {"holds", check.holds},
                                            {"detail", check.detail}}));
    print(padded(check.holds ? "ok" : "FAIL", 6) + padded(shortId(check.document), 14) +
          escaped(check.what, Lines::Join) +
          (check.detail.empty() ? "" : ": " + escaped(check.detail, Lines::Join)) + "\n");
}

void Output::training(const engine::Training& training) {
    const std::lock_guard lock(m_mutex);
    if (!training.isResult && m_style == ProgressStyle::Never)
        return;
    if (m_json) {
        Json fields = {{"line", training.line},
                       {"result", training.isResult},
                       {"step", training.step},
                       {"progress", training.progress}};
        fields["eta_seconds"] = training.etaSeconds ? Json(*training.etaSeconds) : Json();
        return printRecord(Record("training", fields));
    }
    if (training.isResult)
        return print(escaped(training.line, Lines::Join) + "\n");
    if (m_style == ProgressStyle::Plain) {
        m_streams.err << escaped(training.line, Lines::Join) << std::endl;
        return;
    }
    m_streams.err << "\r"
                  << shortened(escaped(training.line, Lines::Join),
                               std::max(20, m_streams.columns - 1))
                  << "\033[K" << std::flush;
    m_hasLine = true;
}

void Output::figure(const std::string& name, std::int64_t value, const std::string& text) {
    const std::lock_guard lock(m_mutex);
    if (m_json)
        return printRecord(Record("figure", {{"name", name}, {"value", value}}));
    print(text + "\n");
}

void Output::collection(const std::string& name, std::int64_t count) {
    const std::lock_guard lock(m_mutex);
    if (m_json)
        return printRecord(Record("collection", {{"name", name}, {"documents", count}}));
    print(padded(counted(count, "document", "documents"), 16) + escaped(name, Lines::Join) + "\n");
}

void Output::file(const std::string& path, std::int64_t bytes) {
    const std::lock_guard lock(m_mutex);
    if (m_json)
        return printRecord(Record("file", {{"path", path}, {"bytes", bytes}}));
    print(padded(byteSize(bytes), 11) + escaped(path, Lines::Join) + "\n");
}

void Output::exported(const std::string& format, const std::string& content) {
    const std::lock_guard lock(m_mutex);
    if (m_json)
        return printRecord(Record("export", {{"format", format}, {"text", content}}));
    if (isBinaryFormat(format))
        return print(content);
    print(escaped(content, Lines::Keep) + (content.empty() || content.back() == '\n' ? "" : "\n"));
}

void Output::measured(const std::string& json) {
    const std::lock_guard lock(m_mutex);
    // The command has a last record of its own, which says how it ended.
    if (m_json && json.find("\"type\":\"done\"") == std::string::npos)
        print(json + "\n");
}

void Output::version(const std::string& version, const engine::ModelInfo* model,
                     const std::optional<engine::DeviceInfo>& device, const std::string& trouble) {
    const std::lock_guard lock(m_mutex);
    if (m_json) {
        Json fields = {{"version", version}};
        if (device)
            fields.update(Json{{"device", device->device}, {"device_reason", device->reason}});
        if (model)
            fields.update(Json{{"kernels", model->kernels},
                               {"threads", model->threads},
                               {"model", model->path},
                               {"model_name", model->name},
                               {"model_sha256", model->sha256},
                               {"dtype", model->dtype},
                               {"adapter", model->adapter},
                               {"libraries", model->libraries}});
        return printRecord(Record("version", fields));
    }
    std::string text = "infolio-cli " + version + "\n";
    const auto field = [&](const std::string& name, const std::string& value) {
        text += "  " + padded(name, 11) + escaped(value, Lines::Join) + "\n";
    };
    if (device)
        field("device", device->device + (device->reason.empty() ? "" : ", " + device->reason));
    if (model) {
        field("threads", std::to_string(model->threads));
        field("kernels", model->kernels);
        field("model", model->name + ", " + model->dtype + ", " + model->path);
        field("adapter", model->adapter);
        for (const std::string& library : model->libraries)
            field("library", library);
    } else if (!trouble.empty()) {
        field("model", trouble);
    }
    print(text);
}

void Output::plain(const std::string& text) {
    const std::lock_guard lock(m_mutex);
    print(text);
}

void Output::line(const std::string& text) {
    const std::lock_guard lock(m_mutex);
    if (!m_json)
        print(text + "\n");
}

void Output::done(int exitStatus) {
    const std::lock_guard lock(m_mutex);
    clearLine();
    if (m_json) {
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - m_start;
        printRecord(Record("done", {{"exit", exitStatus}, {"seconds", seconds.count()}}));
    }
}

} // namespace app::cli
