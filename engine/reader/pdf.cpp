#include "engine/reader/pdf.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <map>

#include <iconv.h>

#include <poppler-document.h>
#include <poppler-global.h>
#include <poppler-page-renderer.h>
#include <poppler-page.h>

#include "engine/reader/unicode.h"

namespace engine::reader {
namespace {

using document::RawPage;
using document::RawWord;
using document::wire::OpenedFile;
using document::wire::Picture;
using document::wire::PixelBox;
using document::wire::Refusal;
using document::wire::Render;

std::string utf8(const poppler::ustring& text) {
    std::u16string units(text.begin(), text.end());
    if (!units.empty() && units.front() == 0xFEFF)
        units.erase(0, 1);
    return toUtf8(units);
}

/// Embedded subsets are named "ABCDEF+Times"; the prefix says nothing about the font.
std::string plainFontName(std::string name) {
    if (name.size() > 7 && name[6] == '+' &&
        std::all_of(name.begin(), name.begin() + 6, [](char c) { return c >= 'A' && c <= 'Z'; }))
        name.erase(0, 7);
    return name;
}

int degrees(poppler::page::orientation_enum orientation) {
    switch (orientation) {
    case poppler::page::landscape:
        return 90;
    case poppler::page::upside_down:
        return 180;
    case poppler::page::seascape:
        return 270;
    case poppler::page::portrait:
        return 0;
    }
    return 0;
}

/// Pixels of a side of `points`: rounded, at least one.
double pixels(double points, float scale) {
    return std::max(1.0, std::round(points * scale));
}

/// What is to be drawn of a page of `width` by `height` points, as shown.
PixelBox pixelsOf(const Render& render, double width, double height) {
    if (render.rotation % 180 != 0)
        std::swap(width, height);
    width = pixels(width, render.scale);
    height = pixels(height, render.scale);
    if (!(width <= document::wire::kMaxSide && height <= document::wire::kMaxSide))
        throw RefusedError(Refusal::BadFile, "it is too large at this scale");
    PixelBox box{0, 0, static_cast<int>(width), static_cast<int>(height)};
    if (render.part) {
        box.x = render.part->x;
        box.y = render.part->y;
        box.width = std::min(render.part->width, box.width - box.x);
        box.height = std::min(render.part->height, box.height - box.y);
        if (box.width <= 0 || box.height <= 0)
            throw RefusedError(Refusal::BadFile, "the part to draw lies outside it");
    }
    if (static_cast<std::int64_t>(box.width) * box.height > document::wire::kMaxPixels)
        throw RefusedError(Refusal::BadFile, "its picture would have more than 8 megapixels");
    return box;
}

class PdfBook : public Book {
public:
    PdfBook(std::string_view bytes, std::unique_ptr<poppler::document> pdf, std::string password)
        : m_bytes(bytes), m_pdf(std::move(pdf)), m_password(std::move(password)) {
        if (m_pdf->pages() <= 0)
            throw RefusedError(Refusal::BadFile, "it has no pages");
        // The number is a claim of the file: one of a thousand million pages exists.
        m_pages = std::min(m_pdf->pages(), document::wire::kMaxParts);
    }

    OpenedFile opened() override {
        OpenedFile file;
        document::Opened& opened = file.opened;
        opened.kind = document::Kind::Pdf;
        file.parts = opened.pages = m_pages;
        opened.title = foldSpace(utf8(m_pdf->get_title()));
        opened.author = foldSpace(utf8(m_pdf->get_author()));
        PdfOutline outline = readPdfOutline(m_bytes, m_password, m_pages);
        opened.outline = std::move(outline.entries);
        opened.labels = std::move(outline.labels);
        if (m_pdf->pages() > m_pages)
            opened.warnings.push_back("The file claims " + std::to_string(m_pdf->pages()) +
                                      " pages; the first " + std::to_string(m_pages) +
                                      " are read.");
        return file;
    }

    Part read(int index) override {
        RawPage page;
        page.index = index;
        const std::unique_ptr<poppler::page> source(m_pdf->create_page(index - 1));
        if (!source) {
            page.state = document::PageState::Failed;
            page.reason = "the page is damaged";
            return page;
        }
        page.rotation = degrees(source->orientation());
        const poppler::rectf rectangle = source->page_rect();
        page.widthPt = static_cast<float>(rectangle.width());
        page.heightPt = static_cast<float>(rectangle.height());
        if (page.rotation % 180 != 0)
            std::swap(page.widthPt, page.heightPt);
        std::map<std::string, std::uint16_t> fonts;
        for (const poppler::text_box& box :
             source->text_list(poppler::page::text_list_include_font)) {
            RawWord word;
            word.utf8 = foldSpace(utf8(box.text()));
            // Poppler reads the font of an empty word out of bounds.
            if (word.utf8.empty() || box.text().empty())
                continue;
            const poppler::rectf bounds = box.bbox();
            word.box = {static_cast<float>(bounds.left()), static_cast<float>(bounds.top()),
                        static_cast<float>(bounds.right()), static_cast<float>(bounds.bottom())};
            word.fontSize = static_cast<float>(box.get_font_size());
            word.font = fontIndex(page, fonts, plainFontName(box.get_font_name(0)));
            word.spaceAfter = box.has_space_after();
            page.words.push_back(std::move(word));
        }
        return page;
    }

    Picture render(const Render& render) override {
        const std::unique_ptr<poppler::page> source(m_pdf->create_page(render.page - 1));
        if (!source)
            throw RefusedError(Refusal::BadFile, "it is damaged");
        const poppler::rectf size = source->page_rect();
        const bool isTurned = degrees(source->orientation()) % 180 != 0;
        const PixelBox box = pixelsOf(render, isTurned ? size.height() : size.width(),
                                      isTurned ? size.width() : size.height());
        poppler::page_renderer renderer;
        renderer.set_image_format(poppler::image::format_argb32);
        renderer.set_render_hint(poppler::page_renderer::antialiasing, true);
        renderer.set_render_hint(poppler::page_renderer::text_antialiasing, true);
        const double dpi = 72.0 * render.scale;
        const poppler::image image =
            renderer.render_page(source.get(), dpi, dpi, box.x, box.y, box.width, box.height,
                                 static_cast<poppler::rotation_enum>(render.rotation / 90));
        if (!image.is_valid() || image.width() != box.width || image.height() != box.height)
            throw RefusedError(Refusal::BadFile, "it cannot be drawn");
        Picture picture{image.width(), image.height(), image.bytes_per_row(), {}};
        picture.pixels.assign(image.const_data(), static_cast<std::size_t>(picture.stride) *
                                                      static_cast<std::size_t>(picture.height));
        return picture;
    }

    std::vector<document::RawLink> links(int index) override {
        return readPdfLinks(m_bytes, m_password, index, m_pages);
    }

private:
    static std::uint16_t fontIndex(RawPage& page, std::map<std::string, std::uint16_t>& fonts,
                                   const std::string& name) {
        const auto known = fonts.find(name);
        if (known != fonts.end())
            return known->second;
        if (page.fonts.size() == USHRT_MAX)
            return 0;
        const auto index = static_cast<std::uint16_t>(page.fonts.size());
        page.fonts.push_back(name);
        fonts.emplace(name, index);
        return index;
    }

    std::string_view m_bytes;
    std::unique_ptr<poppler::document> m_pdf;
    std::string m_password;
    int m_pages = 0;
};

std::unique_ptr<poppler::document> load(std::string_view bytes, const std::string& password) {
    // Poppler takes the length as an int; the address space of the reader ends there too.
    if (bytes.size() > INT_MAX)
        throw RefusedError(Refusal::TooBig, "it is larger than 2 GiB");
    std::unique_ptr<poppler::document> pdf(poppler::document::load_from_raw_data(
        bytes.data(), static_cast<int>(bytes.size()), password, password));
    if (!pdf)
        throw RefusedError(Refusal::BadFile, "Poppler cannot find a document in it");
    return pdf;
}

} // namespace

void preparePdf() {
    // glibc drops a converter's module when the last descriptor closes; these stay open as long as
    // the process lives.
    static const iconv_t kKept[] = {iconv_open("UTF-16", "UTF-8"), iconv_open("UTF-8", "UTF-16")};
    static_cast<void>(kKept);
}

std::unique_ptr<Book> openPdf(std::string_view bytes, const std::optional<std::string>& password) {
    poppler::set_debug_error_function([](const std::string&, void*) {}, nullptr);
    std::vector<std::string> attempts{""};
    if (password) {
        attempts.push_back(*password);
        const std::string latin1 = toLatin1(*password);
        if (!latin1.empty() && latin1 != *password)
            attempts.push_back(latin1);
    }
    for (const std::string& attempt : attempts) {
        std::unique_ptr<poppler::document> pdf = load(bytes, attempt);
        if (!pdf->is_locked())
            return std::make_unique<PdfBook>(bytes, std::move(pdf), attempt);
    }
    throw PasswordNeeded();
}

} // namespace engine::reader
