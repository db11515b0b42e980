#include "app/cli/suggest.h"

#include <algorithm>

namespace app::cli {

int editDistance(std::string_view a, std::string_view b) {
    std::vector<std::vector<int>> cost(a.size() + 1, std::vector<int>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = static_cast<int>(i + j);
                continue;
            }
            const int replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    // A longer word is nobody's slip, and the table below grows with its length.
    constexpr std::size_t kLongest = 64;
    if (word.size() > kLongest)
        return {};
    std::string best;
    int bestDistance = 0;
    for (const std::string& candidate : known) {
        const int distance = editDistance(word, candidate);
        if (best.empty() || distance < bestDistance) {
            best = candidate;
            bestDistance = distance;
        }
    }
    const auto letters = static_cast<int>(std::max(word.size(), best.size()));
    return bestDistance * 3 <= letters ? best : std::string();
}

} // namespace app::cli
