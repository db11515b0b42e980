#pragma once
/// Sentence ends, by ICU's rules with the exceptions that running prose needs.

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace engine::document {

/// The sentences of valid UTF-8 as intervals of code points, in order, without the white space
/// around them. A title
/// ("Mr."), an initial, a numbered reference ("Fig. 3") or a quotation followed by a lower-case
/// letter ends none; a line end always does.
std::vector<std::pair<std::int64_t, std::int64_t>> sentences(std::string_view utf8);

/// Byte positions where a sentence begins, other than 0; white space belongs to the sentence before
/// it.
std::vector<std::size_t> sentenceStarts(std::string_view utf8);

} // namespace engine::document
