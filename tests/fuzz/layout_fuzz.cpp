// Layout repair of whatever a reader might hand over.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "engine/document/document.h"

using namespace engine::document;

namespace {

/// Takes values from the front of the input; zeros behind its end.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : m_data(data), m_size(size) {}

    [[nodiscard]] bool isEmpty() const { return m_at >= m_size; }
    std::uint8_t byte() { return isEmpty() ? 0 : m_data[m_at++]; }
    std::string text(std::size_t most) {
        std::string out;
        for (std::size_t length = byte() % (most + 1); length > 0 && !isEmpty(); --length)
            out += static_cast<char>(byte());
        return out;
    }
    /// Mostly a place on a page, sometimes any float there is.
    float number() {
        const std::uint8_t kind = byte();
        if (kind != 255)
            return static_cast<float>(kind) * 3;
        std::uint8_t bytes[4] = {byte(), byte(), byte(), byte()};
        float out = 0;
        std::memcpy(&out, bytes, sizeof(out));
        return out;
    }

private:
    const std::uint8_t* m_data;
    std::size_t m_size;
    std::size_t m_at = 0;
};

RawPage page(Input& input, int index) {
    RawPage out;
    out.index = index;
    out.widthPt = input.number();
    out.heightPt = input.number();
    out.state = static_cast<PageState>(input.byte() % 5);
    out.fonts = {"Serif", "Serif-Bold", "Courier"};
    for (int words = input.byte(); words > 0 && !input.isEmpty(); --words) {
        RawWord word;
        word.utf8 = input.text(12);
        word.box = {input.number(), input.number(), input.number(), input.number()};
        word.fontSize = static_cast<float>(input.byte()) / 8;
        word.font = input.byte();
        word.spaceAfter = (input.byte() & 1) != 0;
        out.words.push_back(std::move(word));
    }
    return out;
}

RawSection section(Input& input) {
    RawSection out;
    out.name = input.text(4);
    for (int blocks = input.byte() % 16; blocks > 0 && !input.isEmpty(); --blocks) {
        RawBlock block;
        block.kind = static_cast<BlockKind>(1 + input.byte() % 8);
        block.level = static_cast<std::int8_t>(input.byte());
        block.utf8 = input.text(255);
        block.anchor = input.text(4);
        block.pageLabel = input.text(2);
        out.blocks.push_back(std::move(block));
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    RawDocument raw;
    raw.opened.kind = static_cast<Kind>(1 + input.byte() % 4);
    raw.opened.language = input.text(5);
    for (int entries = input.byte() % 8; entries > 0; --entries)
        raw.opened.outline.push_back({static_cast<std::int8_t>(input.byte()), input.text(20),
                                      static_cast<std::int8_t>(input.byte()), input.text(4)});
    while (!input.isEmpty()) {
        if (raw.opened.kind == Kind::Pdf) {
            raw.opened.labels.push_back(input.text(4));
            raw.pages.push_back(page(input, static_cast<int>(raw.pages.size()) + 1));
        } else {
            raw.sections.push_back(section(input));
        }
    }
    const Document document = repair(raw);
    std::int64_t end = 0;
    for (const Passage& passage : document.passages) {
        if (passage.begin != end || passage.end <= passage.begin)
            __builtin_trap();
        end = passage.end;
    }
    if (end != document.characters)
        __builtin_trap();
    return 0;
}
