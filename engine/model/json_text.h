#pragma once
/// JSON from a model's files, taken strictly.

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine::model {

/// Parses an object of at most 100 MB, 16 levels and 2^23 values. Throws BadWeights naming `file`
/// and `what`: broken JSON, bytes that are not UTF-8, a key given twice in one object, another
/// kind of value.
nlohmann::json parseJson(std::string_view text, const std::string& file, const std::string& what);

/// The member of an object; nullptr when it is absent or null.
const nlohmann::json* memberOf(const nlohmann::json& object, std::string_view name);

/// The integer that `value` is; nothing when it is anything else or beyond 64 bits.
std::optional<std::int64_t> integerOf(const nlohmann::json& value);

/// `value` as it may stand in a message.
std::string shownJson(const nlohmann::json& value);

} // namespace engine::model
