#pragma once
/// A report as a file for Word and its kin (Office Open XML, ECMA-376): headings, lists, quotes,
/// code, tables, links and real footnotes.

#include <string>

#include "engine/report/markup.h"

namespace engine::report {

/// The file's bytes; the same for the same report. A note that is mentioned again is a reference to
/// the one footnote.
std::string docx(const Markup& markup);

} // namespace engine::report
