#pragma once
/// The parts of an ODT that are the same in every report.

#include <string>
#include <string_view>

namespace engine::report {

inline constexpr std::string_view kOdtType = "application/vnd.oasis.opendocument.text";

std::string odtManifest();
std::string odtStyles();

} // namespace engine::report
