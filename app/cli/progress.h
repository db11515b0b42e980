#pragma once
/// When and how progress is shown: as a line that is rewritten, as a new line per step, or as
/// records. Decides; prints nothing. One thread at a time.

#include <chrono>
#include <optional>
#include <string>

#include "engine/engine.h"

namespace app::cli {

std::string_view stageName(engine::Stage stage); ///< as in JSON: "read"

/// `reading  Persuasion  96/230 loc  2.6/s  1,240 tok/s  ETA 0:52  memory 1.5 MB`
std::string progressLine(const engine::Progress& progress);

/// Thins out events. The first and the last of a stage of a document always pass.
class ProgressFilter {
public:
    using Clock = std::chrono::steady_clock;

    enum class Pace {
        TenPerSecond, ///< for a line on a terminal
        TwoPerSecond, ///< for records
        TenPercent    ///< for a log: a step of 10 %, or 30 s without one
    };
    explicit ProgressFilter(Pace pace) : m_pace(pace) {}

    bool passes(const engine::Progress& progress, Clock::time_point now);

private:
    Pace m_pace;
    std::optional<engine::Stage> m_stage;
    std::string m_document;
    Clock::time_point m_last;
    std::int64_t m_lastTenth = 0;
    bool m_isComplete = false;
};

} // namespace app::cli
