#pragma once
/// The messages between the engine and infolio-reader. Both sides use this file and nothing else of
/// each other.
///
/// A frame is u32 length, u16 type, u32 request, payload; little-endian; the length counts what
/// follows it and is at most kMaxFrame. A payload larger than a frame travels as More frames
/// followed by one of its own type. Values, no state; the reading side treats every byte as
/// hostile: counts are checked against the bytes left before anything is allocated.

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/document/raw.h"

namespace engine::document::wire {

inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::size_t kMaxFrame = 4u << 20;        ///< bytes after the length field
inline constexpr std::size_t kHeader = 10;                ///< bytes of length, type and request
inline constexpr std::size_t kMaxMessage = 256u << 20;    ///< bytes of a payload put together
inline constexpr int kMaxParts = 100'000;                 ///< pages or sections of one file
inline constexpr int kMaxPixels = 8 << 20;                ///< of one picture
inline constexpr int kMaxSide = 1 << 20;                  ///< pixels of a page, drawn or not
inline constexpr int kMaxLinks = 5'000;                   ///< of one page
inline constexpr float kMinScale = 0.01F, kMaxScale = 64; ///< pixels per point

enum class Type : std::uint16_t {
    Hello = 1,        ///< reader → engine, once, after the sandbox stands
    Open = 2,         ///< engine → reader
    Opened = 3,       ///< reader → engine
    NeedPassword = 4, ///< reader → engine: none given, or the given one does not open the file
    Refused = 5, ///< reader → engine: the file cannot be read; as an answer to Read, BadFile means
                 ///< this part only
    Read = 6,    ///< engine → reader
    Begin = 7,   ///< reader → engine: the work on this part begins
    Page = 8,    ///< reader → engine
    Section = 9, ///< reader → engine
    Done = 10,   ///< reader → engine: the Read is complete
    More = 11,   ///< part of a payload that goes on in the next frame
    Render = 12, ///< engine → reader; answered by Picture, or Refused, which means this page only
    Picture = 13,  ///< reader → engine
    Links = 14,    ///< engine → reader; answered by LinkList, or Refused as above
    LinkList = 15, ///< reader → engine
};

/// A malformed frame or payload.
class WireError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Hello {
    std::uint32_t version = kVersion;
    std::string reader, poppler, sandbox; ///< for people
};

struct Open {
    bool isMarkdown = false; ///< what the name says; only asked when the content is text
    std::optional<std::string> password;
};

struct OpenedFile {
    Opened opened;
    int parts = 0; ///< pages of a PDF, sections of other kinds
};

enum class Refusal : std::uint8_t {
    Unsupported = 1,
    Protected = 2,
    BadFile = 3,
    TooBig = 4,
    Failed = 5
};

struct Refused {
    Refusal refusal = Refusal::BadFile;
    std::string detail; ///< a clause for people, without the name of the file
};

struct Read {
    int first = 1, last = 1; ///< inclusive, from 1
};

/// Pixels, origin at the top left.
struct PixelBox {
    int x = 0, y = 0, width = 0, height = 0;
};

struct Render {
    int page = 1;
    float scale = 1;              ///< pixels per point, kMinScale to kMaxScale
    int rotation = 0;             ///< degrees clockwise, beside the page's own: 0, 90, 180, 270
    std::optional<PixelBox> part; ///< of the rotated page; what lies outside the page is cut off
};

/// Rows of 4-byte pixels: blue, green, red, 255.
struct Picture {
    int width = 0, height = 0;
    int stride = 0; ///< bytes from one row to the next
    std::string pixels;
};

struct Header {
    std::size_t payload = 0; ///< bytes that follow the header
    Type type = Type::Hello;
    std::uint32_t request = 0;
};

/// The frames of one message.
std::string frames(Type type, std::uint32_t request, std::string_view payload);
/// Throws WireError on an unknown type or a length outside [kHeader - 4, kMaxFrame]. `bytes` holds
/// kHeader bytes.
Header header(std::string_view bytes);

std::string encode(const Hello& hello);
std::string encode(const Open& open);
std::string encode(const OpenedFile& file);
std::string encode(const Refused& refused);
std::string encode(const Read& read);
std::string encode(int part); ///< payload of Begin and Links
std::string encode(const Render& render);
std::string encode(const Picture& picture);
std::string encode(const std::vector<RawLink>& links);
std::string encode(const RawPage& page);
std::string encode(int part, const RawSection& section);

/// Each throws WireError when the payload is short, long, or holds a value outside its range: text
/// that is not UTF-8 (the encoders repair it), an unknown enumerator, a number that is not finite,
/// a font that the page does not name, a picture whose bytes are not those of its size.
Hello decodeHello(std::string_view payload);
Open decodeOpen(std::string_view payload);
OpenedFile decodeOpened(std::string_view payload);
Refused decodeRefused(std::string_view payload);
Read decodeRead(std::string_view payload);
int decodeBegin(std::string_view payload); ///< of Links as well
Render decodeRender(std::string_view payload);
Picture decodePicture(std::string_view payload);
std::vector<RawLink> decodeLinks(std::string_view payload);
RawPage decodePage(std::string_view payload);
std::pair<int, RawSection> decodeSection(std::string_view payload);

/// The text with every ill-formed byte replaced by U+FFFD, and NUL dropped.
std::string repairUtf8(std::string_view bytes);

} // namespace engine::document::wire
