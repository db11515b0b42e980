#include "engine/reader/book.h"

#include "engine/reader/epub.h"
#include "engine/reader/markdown.h"
#include "engine/reader/pdf.h"
#include "engine/reader/text.h"

namespace engine::reader {
namespace {

using document::wire::Refusal;

/// A PDF header may follow up to a kilobyte of other bytes (PDF 32000-1, Annex H.3.4.1).
constexpr std::size_t kPdfHeaderWithin = 1024;

[[noreturn]] void refuseKind() {
    throw RefusedError(Refusal::Unsupported, "it is neither PDF, EPUB, Markdown nor plain text");
}

} // namespace

std::unique_ptr<Book> openBook(std::string_view bytes, bool isMarkdown,
                               const std::optional<std::string>& password) {
    if (bytes.empty())
        throw RefusedError(Refusal::BadFile, "it is empty");
    if (bytes.substr(0, kPdfHeaderWithin).find("%PDF-") != std::string_view::npos)
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
