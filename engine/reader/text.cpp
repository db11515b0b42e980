#include "engine/reader/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <memory>

#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

#include "engine/reader/headings.h"
#include "engine/reader/unicode.h"

namespace engine::reader {
namespace {

using document::BlockKind;
using document::RawBlock;

std::optional<std::string> convert(std::string_view bytes, const char* encoding) {
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<UConverter, decltype(&ucnv_close)> converter(ucnv_open(encoding, &status),
                                                                       ucnv_close);
    if (U_FAILURE(status))
        return std::nullopt;
    // No encoding gives more UTF-16 units than two a byte.
    std::u16string units(bytes.size() * 2 + 1, u'\0');
    const std::int32_t length =
        ucnv_toUChars(converter.get(), units.data(), static_cast<std::int32_t>(units.size()),
                      bytes.data(), static_cast<std::int32_t>(bytes.size()), &status);
    if (U_FAILURE(status))
        return std::nullopt;
    units.resize(static_cast<std::size_t>(length));
    return toUtf8(units);
}

/// The name of the likeliest encoding, or Windows-1252 when the detector is not sure: every byte
/// means something there.
std::string detectEncoding(std::string_view bytes) {
    constexpr std::int32_t kSure = 30;
    constexpr std::size_t kSample = 1u << 20;
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<UCharsetDetector, decltype(&ucsdet_close)> detector(ucsdet_open(&status),
                                                                              ucsdet_close);
    ucsdet_setText(detector.get(), bytes.data(),
                   static_cast<std::int32_t>(std::min(bytes.size(), kSample)), &status);
    const UCharsetMatch* match = ucsdet_detect(detector.get(), &status);
    if (U_FAILURE(status) || match == nullptr || ucsdet_getConfidence(match, &status) < kSure)
        return "windows-1252";
    const std::string name = ucsdet_getName(match, &status);
    // The two differ only where ISO 8859-1 has control characters, which no text uses.
    return U_FAILURE(status) || name == "ISO-8859-1" ? "windows-1252" : name;
}

struct Mark {
    std::string_view bytes;
    const char* encoding;
};

/// The byte order mark a text begins with, or null.
const Mark* findMark(std::string_view bytes) {
    using namespace std::string_view_literals;
    static constexpr std::array<Mark, 5> kMarks{{{"\xEF\xBB\xBF"sv, "UTF-8"},
                                                 {"\xFF\xFE\0\0"sv, "UTF-32LE"},
                                                 {"\0\0\xFE\xFF"sv, "UTF-32BE"},
                                                 {"\xFF\xFE"sv, "UTF-16LE"},
                                                 {"\xFE\xFF"sv, "UTF-16BE"}}};
    const auto* mark = std::find_if(kMarks.begin(), kMarks.end(), [&](const Mark& candidate) {
        return bytes.starts_with(candidate.bytes);
    });
    return mark == kMarks.end() ? nullptr : mark;
}

/// The encoding an XML declaration names; "" without one, and for UTF-8.
std::string declaredEncoding(std::string_view bytes) {
    const std::string_view declaration =
        bytes.substr(0, std::min<std::size_t>(bytes.find("?>"), 256));
    const std::size_t at = declaration.find("encoding=");
    if (!declaration.starts_with("<?xml") || at == std::string_view::npos ||
        at + 10 > declaration.size())
        return "";
    const char quote = declaration[at + 9];
    const std::size_t end = declaration.find(quote, at + 10);
    if (end == std::string_view::npos)
        return "";
    std::string name(declaration.substr(at + 10, end - at - 10));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return name == "utf-8" ? "" : name;
}

bool isBinary(std::string_view bytes) {
    std::size_t controls = 0;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == 0)
            return true;
        if (byte < ' ' && !(byte >= '\t' && byte <= '\r') && byte != 0x1A && byte != 0x1B)
            ++controls;
    }
    return controls > 2 + bytes.size() / 200;
}

/// How text that Infolio does not read as text begins, in lower case.
constexpr std::array<std::string_view, 6> kOtherFormats{"<!doctype", "<html", "<?xml",
                                                        "{\\rtf",    "%!ps",  "<svg"};

bool isOtherFormat(std::string_view text) {
    const std::size_t start = text.find_first_not_of(" \t\r\n\f");
    if (start == std::string_view::npos)
        return false;
    std::string head(text.substr(start, 16));
    std::transform(head.begin(), head.end(), head.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return std::any_of(kOtherFormats.begin(), kOtherFormats.end(), [&](std::string_view mark) {
        return head.compare(0, mark.size(), mark) == 0;
    });
}

std::string withPlainLineEnds(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\r')
            result += text[i];
        else if (i + 1 == text.size() || text[i + 1] != '\n')
            result += '\n';
    }
    return result;
}

std::size_t length(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

/// How wide a hard-wrapped file is, or 0 for a file whose lines are paragraphs.
std::size_t wrapWidth(const std::vector<Paragraph>& paragraphs) {
    constexpr std::size_t kFewest = 8;
    std::vector<std::size_t> lengths;
    for (const Paragraph& paragraph : paragraphs)
        for (std::size_t i = 0; i + 1 < paragraph.lines.size(); ++i)
            lengths.push_back(length(paragraph.lines[i]));
    if (lengths.size() < kFewest)
        return 0;
    std::sort(lengths.begin(), lengths.end());
    const std::size_t median = lengths[lengths.size() / 2];
    const std::size_t wide = lengths[lengths.size() * 9 / 10];
    return median >= 45 && median <= 90 && wide - median <= 15 ? wide : 0;
}

/// Whether the lines of a paragraph of a wrapped file end where their author ended them (verse,
/// lists), not where the width did: then the next line's first word would have fitted on most of
/// them.
bool isLineByLine(const Paragraph& paragraph, std::size_t width) {
    std::size_t ended = 0;
    for (std::size_t i = 0; i + 1 < paragraph.lines.size(); ++i) {
        const std::string& next = paragraph.lines[i + 1];
        const std::size_t firstWord = length(std::string_view(next).substr(0, next.find(' ')));
        const bool fits = length(paragraph.lines[i]) + 1 + firstWord + 4 < width;
        ended += fits && !beginsInLowerCase(next) ? 1 : 0;
    }
    return ended * 2 > paragraph.lines.size() - 1;
}

/// A line that ends within a compound or at a dash goes on without a space.
bool endsInHyphen(std::string_view line) {
    return line.size() >= 2 && line.back() == '-' && line[line.size() - 2] != ' ';
}

std::string joined(const Paragraph& paragraph) {
    std::string text;
    for (const std::string& line : paragraph.lines) {
        if (!text.empty() && !endsInHyphen(text))
            text += ' ';
        text += line;
    }
    return text;
}

void appendParagraph(std::vector<RawBlock>& blocks, const Paragraph& paragraph, std::size_t width) {
    if (width > 0 && !isLineByLine(paragraph, width)) {
        blocks.push_back({BlockKind::Paragraph, 0, joined(paragraph), "", ""});
        return;
    }
    for (const std::string& line : paragraph.lines)
        blocks.push_back({BlockKind::Paragraph, 0, line, "", ""});
}

class TextBook : public Book {
public:
    explicit TextBook(std::string_view utf8) : m_parts(parseText(utf8)) {}

    document::wire::OpenedFile opened() override {
        document::wire::OpenedFile file;
        file.opened.kind = document::Kind::Text;
        file.opened.title = m_parts.title;
        file.opened.author = m_parts.author;
        file.parts = 1;
        return file;
    }

    Part read(int) override { return document::RawSection{"", m_parts.blocks}; }

private:
    TextParts m_parts;
};

} // namespace

std::optional<std::string> decodeText(std::string_view bytes) {
    std::optional<std::string> text;
    if (const Mark* mark = findMark(bytes))
        text = convert(bytes.substr(mark->bytes.size()), mark->encoding);
    else if (isBinary(bytes))
        return std::nullopt;
    else if (document::wire::repairUtf8(bytes) == bytes)
        text = std::string(bytes);
    else
        text = convert(bytes, detectEncoding(bytes).c_str());
    if (!text || isBinary(*text) || isOtherFormat(*text))
        return std::nullopt;
    return withPlainLineEnds(*text);
}

std::string decodeXml(std::string_view bytes) {
    std::optional<std::string> text;
    if (const Mark* mark = findMark(bytes))
        text = convert(bytes.substr(mark->bytes.size()), mark->encoding);
    else if (const std::string encoding = declaredEncoding(bytes); !encoding.empty())
        text = convert(bytes, encoding.c_str());
    return text ? *text : document::wire::repairUtf8(bytes);
}

std::vector<Paragraph> splitParagraphs(std::string_view utf8) {
    std::vector<Paragraph> paragraphs;
    int blanks = 0;
    bool isOpen = false;
    while (!utf8.empty()) {
        const std::size_t end = std::min(utf8.find_first_of("\n\f"), utf8.size());
        const bool isPageEnd = end < utf8.size() && utf8[end] == '\f';
        std::string line = foldSpace(utf8.substr(0, end));
        utf8.remove_prefix(std::min(end + 1, utf8.size()));
        if (!isBlank(line)) {
            if (!isOpen)
                paragraphs.push_back({{}, blanks});
            paragraphs.back().lines.push_back(std::move(line));
            isOpen = true;
            blanks = 0;
        } else {
            isOpen = false;
            ++blanks;
        }
        if (isPageEnd) {
            isOpen = false;
            blanks += 2;
        }
    }
    return paragraphs;
}

TextParts parseText(std::string_view utf8) {
    const std::vector<Paragraph> paragraphs = splitParagraphs(utf8);
    const std::size_t width = wrapWidth(paragraphs);
    const Headings headings = findHeadings(paragraphs);
    TextParts parts;
    parts.title = headings.title;
    parts.author = headings.author;
    for (std::size_t i = 0; i < paragraphs.size(); ++i) {
        const auto heading = headings.at.find(i);
        if (heading == headings.at.end()) {
            appendParagraph(parts.blocks, paragraphs[i], width);
            continue;
        }
        std::string text = joined(paragraphs[i]);
        for (int more = heading->second.titleParagraphs; more > 0; --more)
            text += ' ' + joined(paragraphs[++i]);
        parts.blocks.push_back(
            {BlockKind::Heading, heading->second.level, std::move(text), "", ""});
    }
    return parts;
}

std::unique_ptr<Book> openText(std::string_view utf8) {
    return std::make_unique<TextBook>(utf8);
}

} // namespace engine::reader
