#pragma once
/// Where characters end in bytes that may not be UTF-8 (Unicode, table 3-7).

#include <cstddef>
#include <string_view>

namespace engine::model {

struct Utf8Step {
    enum class Kind {
        Character, ///< `bytes` make one character
        Broken,    ///< `bytes` can never become one: a maximal subpart, at least 1
        Cut        ///< the text ends inside a character of which `bytes` are there
    };
    Kind kind;
    std::size_t bytes;
};

/// What lies at the beginning of `text`, which must not be empty.
Utf8Step utf8Step(std::string_view text);

} // namespace engine::model
