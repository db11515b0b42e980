#pragma once
/// PDF through poppler-cpp: pages of words with boxes, fonts and sizes, and pictures of pages.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/reader/book.h"

namespace engine::reader {

/// Loads what Poppler would load later, when the sandbox lets no code in: the converters between
/// UTF-8 and UTF-16.
void preparePdf();

/// Opens a PDF in `bytes`, which must outlive the result. The password is tried as UTF-8 and, when
/// it has characters of Latin-1 only, as Latin-1, each as user's and as owner's. Throws
/// PasswordNeeded, and RefusedError when Poppler cannot open the file.
std::unique_ptr<Book> openPdf(std::string_view bytes, const std::optional<std::string>& password);

/// What poppler-cpp does not tell: destinations of the outline, and all page labels without loading
/// a page.
struct PdfOutline {
    std::vector<document::RawOutlineEntry> entries; ///< at most 20,000, at most 16 levels deep
    std::vector<std::string> labels; ///< one per page; empty strings when the file names no pages
};

/// Reads the outline with Poppler's core. `password` as it opened the file.
PdfOutline readPdfOutline(std::string_view bytes, const std::string& password, int pages);

/// Links of a page with Poppler's core, at most document::wire::kMaxLinks; those that lead neither
/// to a page nor to a URI are left out. Parses the file's structure each time.
std::vector<document::RawLink> readPdfLinks(std::string_view bytes, const std::string& password,
                                            int page, int pages);

} // namespace engine::reader
