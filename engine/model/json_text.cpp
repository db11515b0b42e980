#include "engine/model/json_text.h"

#include <nlohmann/json.hpp>

#include <set>
#include <vector>

#include "engine/model/bad_weights.h"

namespace engine::model {

namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = 100'000'000;
constexpr int kMostLevels = 16;
constexpr std::size_t kMostValues = 1 << 23;

/// Watches the parser: what the library would accept in silence, or take any memory for, is
/// refused.
class Strict {
public:
    Strict(const std::string& file, const std::string& what) : m_file(file), m_what(what) {}

    bool operator()(int depth, json::parse_event_t event, const json& value) {
        if (++m_values > kMostValues) {
            refuseWeights(m_file, m_what, "of more than 8388608 values", "fewer");
        }
        if (event == json::parse_event_t::object_start ||
            event == json::parse_event_t::array_start) {
            if (depth >= kMostLevels) {
                refuseWeights(m_file, m_what, "nested deeper than 16 levels", "flatter");
            }
            m_keys.emplace_back();
        } else if (event == json::parse_event_t::object_end ||
                   event == json::parse_event_t::array_end) {
            m_keys.pop_back();
        } else if (event == json::parse_event_t::key) {
            const auto& key = value.get_ref<const std::string&>();
            if (!m_keys.back().insert(key).second) {
                refuseWeights(m_file, "\"" + shown(key) + "\" of " + m_what, "given twice", "once");
            }
        }
        return true;
    }

private:
    const std::string& m_file;
    const std::string& m_what;
    std::vector<std::set<std::string>> m_keys; ///< of the objects that are open
    std::size_t m_values = 0;
};

} // namespace

json parseJson(std::string_view text, const std::string& file, const std::string& what) {
    if (text.size() > kMostBytes) {
        refuseWeights(file, what, std::to_string(text.size()) + " bytes long",
                      "at most " + std::to_string(kMostBytes));
    }
    json root;
    Strict strict(file, what);
    try {
        root = json::parse(text.begin(), text.end(), std::ref(strict));
    } catch (const json::exception&) {
        refuseWeights(file, what, "no sound JSON", "JSON in UTF-8");
    }
    if (!root.is_object()) {
        refuseWeights(file, what, std::string("a JSON ") + root.type_name(), "a JSON object");
    }
    return root;
}

const json* memberOf(const json& object, std::string_view name) {
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::int64_t> integerOf(const json& value) {
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() &&
         value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))) {
        return std::nullopt;
    }
    return value.get<std::int64_t>();
}

std::string shownJson(const json& value) {
    return value.is_structured() ? std::string("a JSON ") + value.type_name() : shown(value.dump());
}

} // namespace engine::model
