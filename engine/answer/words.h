#pragma once
/// The words of a text as a comparison needs them: folded to lower case, reduced to a stem, marked
/// as names, numbers or function words. Pure functions; English endings, any script.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace engine::answer {

struct Word {
    std::string lower;       ///< lower case, apostrophes as written in ASCII
    std::string stem;        ///< what two forms of one word share
    bool isName = false;     ///< begins with a capital and does not open a sentence
    bool isNumber = false;   ///< has a digit or is a number in words, which stems to its digits
    bool isFunction = false; ///< carries grammar, not content
};

/// Letters and digits, with apostrophes inside, make a word; a possessive ending is dropped. In
/// order, with repetitions.
std::vector<Word> words(std::string_view utf8);

/// Number of words separated by white space, as a reader counts them.
int countWords(std::string_view utf8);

/// Runs of white space become one space; none at the ends.
std::string foldSpace(std::string_view utf8);

} // namespace engine::answer
