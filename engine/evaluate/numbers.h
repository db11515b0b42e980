#pragma once
/// Numbers hidden in a text and asked for: what `passkey` and `needle` have in common.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/evaluate/suite.h"
#include "engine/random.h"

namespace engine::evaluate {

/// Five digits that a text hides and a question asks for.
struct Hidden {
    std::string question;
    std::string number;
};

/// One measured cell of one sample.
struct Ask {
    std::size_t variant = 0;
    std::int64_t segments = 0; ///< in the memory when it is asked
    std::int64_t length = 0;   ///< tokens before the question
    std::string cell;          ///< "book/131072/50"
    std::vector<std::string> groups;
    std::int64_t sample = 0;
    std::size_t hidden = 0; ///< of NumberTest::hidden
    bool isLocal = false;   ///< the last segment stands in the window and not in the memory
};

/// One group of samples over one haystack: read together, asked at their ends.
struct NumberTest {
    std::string suite, document;
    std::vector<std::int32_t> haystack; ///< a text from its begin token on, a few tokens longer
                                        ///< than the longest length
    std::vector<Variant> variants;
    std::vector<Hidden> hidden;
    std::vector<Ask> asks; ///< `sample` counts from `firstSample`
    std::int64_t firstSample = 0, samples = 0;
};

/// Measures what is missing in the lines: exact match over the digits (all of them the likeliest
/// token after the true ones before) and the share of digits. Arms `on`; `zeroed`; `other`, the
/// memory of the sample before (in the group, cyclic), whose number is another; `local`, the last
/// segment in the window of the base model; `full`, the whole text in it, where it fits. A text
/// that a mode without memory cannot read is a failure of the arms that need its state. Returns
/// false when it was stopped.
bool measureNumbers(Bench& bench, NumberTest test);

/// Samples that are read together, at most: they have one haystack, and resuming repeats one group.
/// A hundred samples over ten stretches of a book tell more than over one. `isSameText`: the groups
/// would have one haystack all the same; then increments, of which it is most of the work, read it
/// once.
inline std::int64_t groupSize(Method method, bool isSameText) {
    return method == Method::Increment && isSameText ? 100 : 10;
}

/// Five digits, the first not 0.
std::string fiveDigits(Random& random);

} // namespace engine::evaluate
