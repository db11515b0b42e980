#pragma once
/// The report of lines files as Markdown, and its charts: computed from the lines alone, the same
/// bytes each time.

#include <string>
#include <utility>
#include <vector>

#include "engine/evaluate/figures.h"

namespace engine::evaluate {

/// The content of a lines file.
struct LinesFile {
    std::string path; ///< only its last part is printed
    std::string text;
};

struct Report {
    std::string markdown; ///< shows the charts as images that lie beside it
    std::vector<std::pair<std::string, std::string>> charts; ///< file name and SVG
    std::vector<Figure> figures;                             ///< of all files
};

/// Throws BadFile as parseRecords.
Report report(const std::vector<LinesFile>& files);

/// The arms of a suite, in the order of its table.
std::vector<std::string> armsOf(const std::string& suite);

} // namespace engine::evaluate
