#pragma once
/// What the method `increment` leaves out, seen in the answers: the same samples read by both
/// methods.

#include <string>
#include <vector>

#include "engine/evaluate/records.h"

namespace engine::evaluate {

/// The records of one lines file.
struct FileRecords {
    std::string setting; ///< model, adapter, mode, N and all else that must be the same
    std::vector<Json> records;
};

/// Of the samples of `passkey` and `needle` that were read by `stream` and by `increment` in one
/// setting, how many the memory answers wholly by both, by one alone, by neither: a table in
/// Markdown, a row for each length. Empty: there are none.
std::string agreementTable(const std::vector<FileRecords>& files);

} // namespace engine::evaluate
