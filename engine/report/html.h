#pragma once
/// A report as one HTML file: no scripts, nothing from elsewhere, a small style of its own.
/// Footnotes stand at the end and are linked both ways. The file is well-formed XML too.

#include <string>

#include "engine/report/markup.h"

namespace engine::report {

/// The same bytes for the same report.
std::string html(const Markup& markup);

} // namespace engine::report
