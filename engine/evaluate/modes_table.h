#pragma once
/// All modes side by side, from the lines of several runs.

#include <string>
#include <vector>

#include "engine/evaluate/figures.h"

namespace engine::evaluate {

/// The figures of one run and the mode it read in.
struct ModeFigures {
    std::string mode;
    std::vector<Figure> figures;
};

/// A Markdown table with a row for each mode of which something was measured: bytes and tokens per
/// second by the suite cost, nats per token by the suite perplexity with their interval and n
/// (segments), pass keys in book text with theirs. A mode's figures are those of the last run in it
/// that has them, or of the arm that bears its name in the runs of others: give it runs that read
/// the same texts. Empty when all runs were in one mode, or when fewer than two modes were
/// measured.
std::string modesTable(const std::vector<ModeFigures>& runs);

/// What each mode holds after the longest text that `knn` and `infini-linear` were measured on by
/// the suite cost, counted as Tables 1 and 2 of the paper (arXiv 2404.07143) count it: numbers,
/// whatever their width, and how many times those of infini-linear; beside it the paper's own
/// ratio, which is of another model's shape. Empty: they were not measured.
std::string accountingTable(const std::vector<ModeFigures>& runs);

} // namespace engine::evaluate
