#include "engine/model/tokenizer.h"
#include "engine/model/utf8.h"

namespace engine::model {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

} // namespace

std::string Utf8Stream::push(std::string_view bytes) {
    m_pending += bytes;
    std::string complete;
    std::string_view rest = m_pending;
    while (!rest.empty()) {
        const Utf8Step step = utf8Step(rest);
        if (step.kind == Utf8Step::Kind::Cut) {
            break;
        }
        complete +=
            step.kind == Utf8Step::Kind::Character ? rest.substr(0, step.bytes) : kReplacement;
        rest.remove_prefix(step.bytes);
    }
    m_pending = std::string(rest);
    return complete;
}

std::string Utf8Stream::finish() {
    // `push` leaves nothing but the beginning of one character.
    const bool isCut = !m_pending.empty();
    m_pending.clear();
    return isCut ? std::string(kReplacement) : std::string();
}

} // namespace engine::model
