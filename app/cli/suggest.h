#pragma once
/// The nearest of several known words, for "did you mean".

#include <string>
#include <string_view>
#include <vector>

namespace app::cli {

/// Number of inserted, deleted, replaced or swapped neighbouring bytes that turn one word into the
/// other.
int editDistance(std::string_view a, std::string_view b);

/// The known word nearest to `word`, or an empty string when none is near (more than a third of its
/// letters differ).
std::string nearest(std::string_view word, const std::vector<std::string>& known);

} // namespace app::cli
