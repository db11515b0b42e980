#pragma once
/// The parts of a DOCX that are the same in every report, and the numbering.

#include <string>

namespace engine::report {

std::string docxContentTypes();
std::string docxRelationships();
std::string docxSettings();
std::string docxStyles();

} // namespace engine::report
