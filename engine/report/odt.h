#pragma once
/// A report as an OpenDocument text (ISO/IEC 26300): headings, lists, quotes, code, tables, links
/// and real footnotes.

#include <string>

#include "engine/report/markup.h"

namespace engine::report {

/// The file's bytes; the same for the same report. A note that is mentioned again is a reference to
/// the one footnote. OpenDocument has no table inside a list; there a row becomes a line.
std::string odt(const Markup& markup);

} // namespace engine::report
