#pragma once
/// Words joined into the lines that they stand on. A pure function.

#include <vector>

#include "engine/engine.h"

namespace engine {

/// One box per line of `words`, which are of one page and in the order of the text. Two words share
/// a line when they overlap by half the lower one's height and stand less than three of its heights
/// apart; so columns stay apart, and a line may run in either direction.
std::vector<LineBox> lineBoxes(int page, const std::vector<WordBox>& words);

} // namespace engine
