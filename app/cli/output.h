#pragma once
/// Everything that reaches standard output and standard error, as text for people or as JSON lines.
/// Results go to standard output; progress, remarks and errors to standard error, which stays empty
/// with --json. Any thread, one call at a time.

#include <chrono>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/options.h"
#include "app/cli/progress.h"
#include "engine/engine.h"

namespace app::cli {

struct Streams {
    std::ostream& out;
    std::ostream& err;
    int columns = 80; ///< of the terminal that shows progress
    int outColumns =
        0; ///< of the terminal that shows results; 0: none, lines are as long as their text
};

/// The state of a document in words; with underscores in JSON.
std::string_view stateName(engine::State state);
std::string_view basisName(engine::Basis basis);

/// "Persuasion, ch. 7, p. 214 (PDF 226)"
std::string citation(const engine::Evidence& evidence);
/// "p. 212", "pp. 30–31 (PDF 40–41)", "loc. 37"
std::string placeName(const engine::PageRange& pages);
/// "Read 230 of 230 locations. As of the end."
std::string coverageLine(const engine::Coverage& coverage);
/// The sentences as one paragraph with [n] and marks; and whether a mark is explained by a legend.
std::string gistText(const std::vector<engine::GistSentence>& sentences);
std::string basisLegend(const std::vector<engine::GistSentence>& sentences);
/// What to do on the command line about a failure with this code; may be empty.
std::string hint(engine::Code code);

class Output {
public:
    /// With `onGone`, called once when standard output does not take any more.
    Output(Streams streams, const CommonOptions& options, std::function<void()> onGone);

    [[nodiscard]] bool isJson() const { return m_json; }
    [[nodiscard]] bool isVerbose() const { return m_verbose; }
    /// The reader of standard output went away; nobody is to be told.
    [[nodiscard]] bool isPipeClosed() const { return m_pipeClosed; }
    [[nodiscard]] bool isBroken() const { return m_broken; }

    void progress(const engine::Progress& progress);
    /// A remark beside the result: standard error, or a `notice` record.
    void notice(const std::string& text);
    void error(engine::Code code, const std::string& message, const std::string& where);

    void document(const engine::DocumentInfo& info,
                  const std::vector<engine::ContentsEntry>* contents = nullptr);
    void question(const std::string& text);
    void evidence(const engine::Evidence& evidence);
    void hit(const engine::Evidence& evidence);
    void gist(const std::vector<engine::GistSentence>& sentences);
    void refusal(const std::string& text);
    /// `legend` follows the line in text form.
    void coverage(const engine::Coverage& coverage, const std::string& title,
                  const std::string& legend);
    void summary(const engine::Summary& summary, const std::vector<engine::GistSentence>& sentences,
                 const std::vector<engine::Evidence>& sources);
    void snapshot(const engine::SnapshotInfo& info);
    void check(const engine::Check& check);
    /// Figures and remarks are results, the rest is progress.
    void training(const engine::Training& training);
    void figure(const std::string& name, std::int64_t value, const std::string& text);
    /// A collection with its number of documents.
    void collection(const std::string& name, std::int64_t count);
    void file(const std::string& path, std::int64_t bytes);
    /// The content of an export. Text is printed as it is, but for control characters; bytes of a
    /// binary format are passed on untouched, and never with --json.
    void exported(const std::string& format, const std::string& content);
    /// A record of a measurement, printed as it is with --json.
    void measured(const std::string& json);
    void version(const std::string& version, const engine::ModelInfo* model,
                 const std::optional<engine::DeviceInfo>& device, const std::string& trouble);
    /// Text for people in any mode, help.
    void plain(const std::string& text);
    /// A line of text that JSON has no record for; nothing with --json.
    void line(const std::string& text);

    /// The last record. Once.
    void done(int exitStatus);

private:
    class Record;
    void print(const std::string& text);
    void printRecord(const Record& record);
    void clearLine();
    std::string heading(const std::string& text) const;

    std::mutex m_mutex;
    Streams m_streams;
    bool m_json;
    bool m_quiet;
    bool m_verbose;
    bool m_color;
    ProgressStyle m_style;
    ProgressFilter m_filter;
    std::function<void()> m_onGone;
    std::chrono::steady_clock::time_point m_start;
    bool m_hasLine = false;
    bool m_hasEvidence = false;
    bool m_broken = false;
    bool m_pipeClosed = false;
};

} // namespace app::cli
