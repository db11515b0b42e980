#pragma once
/// Which sentences of a range stand for the rest: those whose words the range comes back to. Pure
/// functions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine::answer {

/// A sentence of the stored text.
struct SourceSentence {
    std::int64_t begin = 0, end = 0; ///< offsets
    std::size_t passage = 0;         ///< which of the range's passages it lies in
    std::string text;                ///< white space folded
    int words = 0;
    double salience =
        0; ///< 0: not fit to stand alone (a heading, a fragment, a line of talk, a list)
};

/// Sentences of a passage that begins at offset `begin`.
void appendSentences(std::vector<SourceSentence>& sentences, std::string_view passage,
                     std::int64_t begin, std::size_t number);

/// Sets the salience of each from the word frequencies of all.
void weigh(std::vector<SourceSentence>& sentences);

} // namespace engine::answer
