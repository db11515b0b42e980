#include "engine/document/wire.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace engine::document::wire {
namespace {

static_assert(std::endian::native == std::endian::little,
              "numbers are copied as they lie in memory");

/// Bytes of the UTF-8 sequence at the start of `text`, or 0 when it is ill-formed (RFC 3629: no
/// overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t sequence(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = at(0);
    if (lead < 0x80)
        return 1;
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size)
        return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((at(i) & 0xC0) != 0x80)
            return 0;
    if ((lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F) ||
        (lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) > 0x8F))
        return 0;
    return size;
}

bool isClean(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = text[0] == '\0' ? 0 : sequence(text);
        if (size == 0)
            return false;
        text.remove_prefix(size);
    }
    return true;
}

class Writer {
public:
    template <typename T> void number(T value) {
        m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    /// Numbers that are not finite have no meaning on a page; they become 0.
    void real(float value) { number(std::isfinite(value) ? value : 0.0F); }
    void text(std::string_view utf8) {
        if (!isClean(utf8)) {
            bytes(repairUtf8(utf8));
            return;
        }
        bytes(utf8);
    }
    void bytes(std::string_view value) {
        number(static_cast<std::uint32_t>(value.size()));
        m_bytes.append(value);
    }
    void count(std::size_t value) { number(static_cast<std::uint32_t>(value)); }
    std::string take() { return std::move(m_bytes); }

private:
    std::string m_bytes;
};

class Reader {
public:
    explicit Reader(std::string_view bytes) : m_bytes(bytes) {}

    template <typename T> T number() {
        T value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    float real() {
        const auto value = number<float>();
        if (!std::isfinite(value))
            throw WireError("a number that is not finite");
        return value;
    }
    std::string text() {
        const std::string_view value = take(number<std::uint32_t>());
        if (!isClean(value))
            throw WireError("text that is not UTF-8");
        return std::string(value);
    }
    std::string bytes() { return std::string(view()); }
    /// The same without a copy.
    std::string_view view() { return take(number<std::uint32_t>()); }
    /// A count of items that take at least `itemBytes` each; never more than the bytes left can
    /// hold.
    std::size_t count(std::size_t itemBytes) {
        const auto value = number<std::uint32_t>();
        if (value > m_bytes.size() / itemBytes)
            throw WireError("a count larger than the message");
        return value;
    }
    template <typename T> T enumerator(int first, int last) {
        const auto value = number<std::uint8_t>();
        if (value < first || value > last)
            throw WireError("an unknown enumerator");
        return static_cast<T>(value);
    }
    int within(int first, int last) {
        const auto value = number<std::int32_t>();
        if (value < first || value > last)
            throw WireError("a number outside its range");
        return value;
    }
    void end() const {
        if (!m_bytes.empty())
            throw WireError("bytes after the end of a message");
    }

private:
    std::string_view take(std::size_t size) {
        if (size > m_bytes.size())
            throw WireError("a message that ends early");
        const std::string_view taken = m_bytes.substr(0, size);
        m_bytes.remove_prefix(size);
        return taken;
    }

    std::string_view m_bytes;
};

constexpr std::size_t kText = 4; ///< the fewest bytes of a text
constexpr int kMaxLevel = 64;

} // namespace

std::string repairUtf8(std::string_view bytes) {
    std::string result;
    result.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t size = sequence(bytes);
        if (size == 0)
            result += "\xEF\xBF\xBD";
        else if (bytes[0] != '\0')
            result += bytes.substr(0, size);
        bytes.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return result;
}

std::string frames(Type type, std::uint32_t request, std::string_view payload) {
    constexpr std::size_t kPiece = kMaxFrame - (kHeader - 4);
    std::string result;
    result.reserve(payload.size() + kHeader * (payload.size() / kPiece + 1));
    for (;;) {
        const bool isLast = payload.size() <= kPiece;
        const std::string_view piece = payload.substr(0, kPiece);
        Writer writer;
        writer.number(static_cast<std::uint32_t>(piece.size() + kHeader - 4));
        writer.number(static_cast<std::uint16_t>(isLast ? type : Type::More));
        writer.number(request);
        result += writer.take();
        result += piece;
        if (isLast)
            return result;
        payload.remove_prefix(piece.size());
    }
}

Header header(std::string_view bytes) {
    Reader reader(bytes);
    const auto length = reader.number<std::uint32_t>();
    const auto type = reader.number<std::uint16_t>();
    Header result;
    result.request = reader.number<std::uint32_t>();
    reader.end();
    if (length < kHeader - 4 || length > kMaxFrame)
        throw WireError("a frame of " + std::to_string(length) + " bytes");
    if (type < static_cast<std::uint16_t>(Type::Hello) ||
        type > static_cast<std::uint16_t>(Type::LinkList))
        throw WireError("a frame of the unknown type " + std::to_string(type));
    result.type = static_cast<Type>(type);
    result.payload = length - (kHeader - 4);
    return result;
}

std::string encode(const Hello& hello) {
    Writer writer;
    writer.number(hello.version);
    writer.text(hello.reader);
    writer.text(hello.poppler);
    writer.text(hello.sandbox);
    return writer.take();
}

Hello decodeHello(std::string_view payload) {
    Reader reader(payload);
    Hello hello;
    hello.version = reader.number<std::uint32_t>();
    hello.reader = reader.text();
    hello.poppler = reader.text();
    hello.sandbox = reader.text();
    reader.end();
    return hello;
}

std::string encode(const Open& open) {
    Writer writer;
    writer.number<std::uint8_t>(open.isMarkdown ? 1 : 0);
    writer.number<std::uint8_t>(open.password ? 1 : 0);
    // A password is bytes: what the person typed need not be text.
    writer.bytes(open.password.value_or(""));
    return writer.take();
}

Open decodeOpen(std::string_view payload) {
    Reader reader(payload);
    Open open;
    open.isMarkdown = reader.enumerator<bool>(0, 1);
    const bool hasPassword = reader.enumerator<bool>(0, 1);
    std::string password = reader.bytes();
    if (hasPassword)
        open.password = std::move(password);
    reader.end();
    return open;
}

std::string encode(const OpenedFile& file) {
    const Opened& opened = file.opened;
    Writer writer;
    writer.number(static_cast<std::uint8_t>(opened.kind));
    writer.number<std::int32_t>(file.parts);
    writer.text(opened.title);
    writer.text(opened.author);
    writer.text(opened.language);
    writer.count(opened.labels.size());
    for (const std::string& label : opened.labels)
        writer.text(label);
    writer.count(opened.outline.size());
    for (const RawOutlineEntry& entry : opened.outline) {
        writer.number<std::int32_t>(entry.level);
        writer.text(entry.title);
        writer.number<std::int32_t>(entry.page);
        writer.text(entry.anchor);
    }
    writer.count(opened.warnings.size());
    for (const std::string& warning : opened.warnings)
        writer.text(warning);
    return writer.take();
}

OpenedFile decodeOpened(std::string_view payload) {
    Reader reader(payload);
    OpenedFile file;
    Opened& opened = file.opened;
    opened.kind = reader.enumerator<Kind>(1, 4);
    file.parts = reader.within(0, kMaxParts);
    opened.pages = opened.kind == Kind::Pdf ? file.parts : 0;
    opened.title = reader.text();
    opened.author = reader.text();
    opened.language = reader.text();
    for (std::size_t left = reader.count(kText); left > 0; --left)
        opened.labels.push_back(reader.text());
    if (opened.labels.size() != static_cast<std::size_t>(opened.pages))
        throw WireError("page labels that do not match the pages");
    for (std::size_t left = reader.count(8 + 2 * kText); left > 0; --left) {
        RawOutlineEntry entry;
        entry.level = reader.within(1, kMaxLevel);
        entry.title = reader.text();
        entry.page = reader.within(0, opened.pages);
        entry.anchor = reader.text();
        opened.outline.push_back(std::move(entry));
    }
    for (std::size_t left = reader.count(kText); left > 0; --left)
        opened.warnings.push_back(reader.text());
    reader.end();
    return file;
}

std::string encode(const Refused& refused) {
    Writer writer;
    writer.number(static_cast<std::uint8_t>(refused.refusal));
    writer.text(refused.detail);
    return writer.take();
}

Refused decodeRefused(std::string_view payload) {
    Reader reader(payload);
    Refused refused;
    refused.refusal = reader.enumerator<Refusal>(1, 5);
    refused.detail = reader.text();
    reader.end();
    return refused;
}

std::string encode(const Read& read) {
    Writer writer;
    writer.number<std::int32_t>(read.first);
    writer.number<std::int32_t>(read.last);
    return writer.take();
}

Read decodeRead(std::string_view payload) {
    Reader reader(payload);
    Read read;
    read.first = reader.within(1, kMaxParts);
    read.last = reader.within(read.first, kMaxParts);
    reader.end();
    return read;
}

std::string encode(int part) {
    Writer writer;
    writer.number<std::int32_t>(part);
    return writer.take();
}

int decodeBegin(std::string_view payload) {
    Reader reader(payload);
    const int part = reader.within(1, kMaxParts);
    reader.end();
    return part;
}

std::string encode(const Render& render) {
    Writer writer;
    writer.number<std::int32_t>(render.page);
    writer.real(render.scale);
    writer.number<std::int32_t>(render.rotation);
    writer.number<std::uint8_t>(render.part ? 1 : 0);
    const PixelBox part = render.part.value_or(PixelBox{0, 0, 1, 1});
    for (const int value : {part.x, part.y, part.width, part.height})
        writer.number<std::int32_t>(value);
    return writer.take();
}

Render decodeRender(std::string_view payload) {
    Reader reader(payload);
    Render render;
    render.page = reader.within(1, kMaxParts);
    render.scale = reader.real();
    render.rotation = reader.within(0, 270);
    if (render.scale < kMinScale || render.scale > kMaxScale || render.rotation % 90 != 0)
        throw WireError("a page turned or scaled as no page can be");
    const bool hasPart = reader.enumerator<bool>(0, 1);
    PixelBox part;
    part.x = reader.within(0, kMaxSide);
    part.y = reader.within(0, kMaxSide);
    part.width = reader.within(1, kMaxSide);
    part.height = reader.within(1, kMaxSide);
    if (hasPart)
        render.part = part;
    reader.end();
    return render;
}

std::string encode(const Picture& picture) {
    Writer writer;
    for (const int value : {picture.width, picture.height, picture.stride})
        writer.number<std::int32_t>(value);
    writer.bytes(picture.pixels);
    return writer.take();
}

Picture decodePicture(std::string_view payload) {
    Reader reader(payload);
    Picture picture;
    picture.width = reader.within(1, kMaxPixels);
    picture.height = reader.within(1, kMaxPixels / picture.width);
    // A row may be padded, but not so that it multiplies the bytes.
    picture.stride = reader.within(4 * picture.width, 4 * picture.width + 64);
    const std::string_view pixels = reader.view();
    if (pixels.size() !=
        static_cast<std::size_t>(picture.stride) * static_cast<std::size_t>(picture.height))
        throw WireError("a picture whose bytes are not those of its size");
    reader.end();
    picture.pixels = pixels;
    return picture;
}

std::string encode(const std::vector<RawLink>& links) {
    Writer writer;
    writer.count(links.size());
    for (const RawLink& link : links) {
        for (const float value : {link.box.x0, link.box.y0, link.box.x1, link.box.y1})
            writer.real(value);
        writer.number<std::int32_t>(link.page);
        writer.text(link.uri);
    }
    return writer.take();
}

std::vector<RawLink> decodeLinks(std::string_view payload) {
    Reader reader(payload);
    std::size_t left = reader.count(5 * sizeof(float) + kText);
    if (left > static_cast<std::size_t>(kMaxLinks))
        throw WireError("more links than a page has");
    std::vector<RawLink> links;
    links.reserve(left);
    for (; left > 0; --left) {
        RawLink link;
        link.box = {reader.real(), reader.real(), reader.real(), reader.real()};
        link.page = reader.within(0, kMaxParts);
        link.uri = reader.text();
        links.push_back(std::move(link));
    }
    reader.end();
    return links;
}

std::string encode(const RawPage& page) {
    Writer writer;
    writer.number<std::int32_t>(page.index);
    writer.real(page.widthPt);
    writer.real(page.heightPt);
    writer.number<std::int32_t>(page.rotation);
    writer.number(static_cast<std::uint8_t>(page.state));
    writer.text(page.reason);
    writer.count(page.fonts.size());
    for (const std::string& font : page.fonts)
        writer.text(font);
    writer.count(page.words.size());
    for (const RawWord& word : page.words) {
        writer.text(word.utf8);
        writer.real(word.box.x0);
        writer.real(word.box.y0);
        writer.real(word.box.x1);
        writer.real(word.box.y1);
        writer.real(word.fontSize);
        writer.number(word.font);
        writer.number<std::uint8_t>(word.spaceAfter ? 1 : 0);
    }
    return writer.take();
}

RawPage decodePage(std::string_view payload) {
    Reader reader(payload);
    RawPage page;
    page.index = reader.within(1, kMaxParts);
    page.widthPt = reader.real();
    page.heightPt = reader.real();
    page.rotation = reader.within(0, 270);
    page.state = reader.enumerator<PageState>(0, 4);
    page.reason = reader.text();
    for (std::size_t left = reader.count(kText); left > 0; --left)
        page.fonts.push_back(reader.text());
    std::size_t left = reader.count(kText + 5 * sizeof(float) + 3);
    page.words.reserve(left);
    for (; left > 0; --left) {
        RawWord word;
        word.utf8 = reader.text();
        if (word.utf8.empty())
            throw WireError("an empty word");
        word.box = {reader.real(), reader.real(), reader.real(), reader.real()};
        word.fontSize = reader.real();
        word.font = reader.number<std::uint16_t>();
        if (word.font >= page.fonts.size())
            throw WireError("a font that the page does not name");
        word.spaceAfter = reader.enumerator<bool>(0, 1);
        page.words.push_back(std::move(word));
    }
    reader.end();
    return page;
}

std::string encode(int part, const RawSection& section) {
    Writer writer;
    writer.number<std::int32_t>(part);
    writer.text(section.name);
    writer.count(section.blocks.size());
    for (const RawBlock& block : section.blocks) {
        writer.number(static_cast<std::uint8_t>(block.kind));
        writer.number<std::int32_t>(block.level);
        writer.text(block.utf8);
        writer.text(block.anchor);
        writer.text(block.pageLabel);
    }
    return writer.take();
}

std::pair<int, RawSection> decodeSection(std::string_view payload) {
    Reader reader(payload);
    const int part = reader.within(1, kMaxParts);
    RawSection section;
    section.name = reader.text();
    std::size_t left = reader.count(5 + 3 * kText);
    section.blocks.reserve(left);
    for (; left > 0; --left) {
        RawBlock block;
        block.kind = reader.enumerator<BlockKind>(1, 8);
        block.level = reader.within(0, kMaxLevel);
        block.utf8 = reader.text();
        block.anchor = reader.text();
        block.pageLabel = reader.text();
        section.blocks.push_back(std::move(block));
    }
    reader.end();
    return {part, std::move(section)};
}

} // namespace engine::document::wire
