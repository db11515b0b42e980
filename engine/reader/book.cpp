#include "engine/reader/book.h"

#include "engine/reader/epub.h"
#include "engine/reader/markdown.h"
#include "engine/reader/pdf.h"
#include "engine/reader/text.h"

namespace engine::reader {
namespace {

using document::wire::Refusal;

/// A PDF header may follow up to a kilobyte of other bytes (PDF 32000-1, Annex H.3.4.1). A text may
/// speak of PDF, too: there the header must come first, give or take a byte order mark and a line
/// end.
bool isPdf(std::string_view bytes) {
    constexpr std::size_t kHeaderWithin = 1024;
    constexpr std::size_t kFirst = 8;
    const std::size_t at = bytes.substr(0, kHeaderWithin).find("%PDF-");
    if (at == std::string_view::npos)
        return false;
    return at <= kFirst || bytes.size() > kMaxTextPart || !decodeText(bytes);
}

[[noreturn]] void refuseKind() {
    throw RefusedError(Refusal::Unsupported, "it is neither PDF, EPUB, Markdown nor plain text");
}

} // namespace

document::wire::Picture Book::render(const document::wire::Render&) {
    throw RefusedError(Refusal::BadFile, "a book of this kind has no pages to draw");
}

std::vector<document::RawLink> Book::links(int) {
    return {};
}

std::unique_ptr<Book> openBook(std::string_view bytes, bool isMarkdown,
                               const std::optional<std::string>& password) {
    if (bytes.empty())
        throw RefusedError(Refusal::BadFile, "it is empty");
    if (isPdf(bytes))
        return openPdf(bytes, password);
    if (bytes.starts_with("PK\3\4") || bytes.starts_with("PK\5\6"))
        return openEpub(bytes);
    if (bytes.size() > kMaxTextPart)
        throw RefusedError(Refusal::TooBig, "it is a text of more than 64 MiB");
    const std::optional<std::string> text = decodeText(bytes);
    if (!text)
        refuseKind();
    return isMarkdown ? openMarkdown(*text) : openText(*text);
}

} // namespace engine::reader
