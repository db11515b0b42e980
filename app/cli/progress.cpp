#include "app/cli/progress.h"

#include <cmath>
#include <cstdio>

#include "app/cli/text.h"

namespace app::cli {
namespace {

using engine::Progress;
using engine::Stage;

std::string_view verb(Stage stage) {
    switch (stage) {
    case Stage::Hash:
        return "hashing";
    case Stage::Text:
        return "opening";
    case Stage::Index:
        return "indexing";
    case Stage::Read:
        return "reading";
    case Stage::Search:
        return "searching";
    case Stage::Rank:
        return "ranking";
    case Stage::Write:
        return "writing";
    case Stage::Check:
        return "checking";
    }
    return "working";
}

std::string unitName(const std::string& unit) {
    if (unit == "locations")
        return "loc";
    if (unit == "tokens")
        return "tok";
    return unit;
}

std::string rate(double perSecond) {
    if (perSecond >= 100)
        return grouped(std::llround(perSecond));
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.1f", perSecond);
    return buffer;
}

} // namespace

std::string_view stageName(Stage stage) {
    switch (stage) {
    case Stage::Hash:
        return "hash";
    case Stage::Text:
        return "text";
    case Stage::Index:
        return "index";
    case Stage::Read:
        return "read";
    case Stage::Search:
        return "search";
    case Stage::Rank:
        return "rank";
    case Stage::Write:
        return "write";
    case Stage::Check:
        return "check";
    }
    return "text";
}

std::string progressLine(const Progress& progress) {
    std::string line(verb(progress.stage));
    if (!progress.title.empty())
        line += "  " + shortened(escaped(progress.title, Lines::Join), 40);
    const bool isBytes = progress.unit == "bytes";
    const auto amount = [&](std::int64_t n) { return isBytes ? byteSize(n) : grouped(n); };
    if (progress.total > 0)
        line += "  " + amount(progress.done) + "/" + amount(progress.total) +
                (isBytes ? "" : " " + unitName(progress.unit));
    else if (progress.done > 0)
        line += "  " + amount(progress.done) + (isBytes ? "" : " " + unitName(progress.unit));
    if (progress.perSecond > 0)
        line += "  " +
                (isBytes ? byteSize(std::llround(progress.perSecond)) : rate(progress.perSecond)) +
                "/s";
    if (progress.tokensPerSecond > 0)
        line += "  " + grouped(std::llround(progress.tokensPerSecond)) + " tok/s";
    if (progress.etaSeconds)
        line += "  ETA " + clockTime(*progress.etaSeconds);
    if (progress.memoryBytes > 0)
        line += "  memory " + byteSize(progress.memoryBytes);
    return line;
}

bool ProgressFilter::passes(const Progress& progress, Clock::time_point now) {
    using namespace std::chrono_literals;
    const bool isFirst =
        m_stage != progress.stage || m_document != progress.document.sha256 + progress.title;
    const bool isComplete = progress.total > 0 && progress.done >= progress.total;
    const std::int64_t tenth = progress.total > 0 ? progress.done * 10 / progress.total : 0;
    bool isDue = false;
    switch (m_pace) {
    case Pace::TenPerSecond:
        isDue = now - m_last >= 100ms;
        break;
    case Pace::TwoPerSecond:
        isDue = now - m_last >= 500ms;
        break;
    case Pace::TenPercent:
        isDue = tenth > m_lastTenth || now - m_last >= 30s;
        break;
    }
    if (!isFirst && !isDue && !(isComplete && !m_isComplete))
        return false;
    m_stage = progress.stage;
    m_document = progress.document.sha256 + progress.title;
    m_last = now;
    m_lastTenth = tenth;
    m_isComplete = isComplete;
    return true;
}

} // namespace app::cli
