// The only file that includes Poppler's core headers: poppler-cpp gives an outline without
// destinations, and no links.
#include <algorithm>
#include <array>
#include <memory>

#include <Annot.h>
#include <GlobalParams.h>
#include <Link.h>
#include <Outline.h>
#include <PDFDoc.h>
#include <PDFDocEncoding.h>
#include <Page.h>
#include <Stream.h>
#include <goo/GooString.h>

#include "engine/reader/pdf.h"
#include "engine/reader/unicode.h"

namespace engine::reader {
namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxEntries = 20'000;
constexpr int kMaxTitle = 1000;
constexpr std::size_t kMaxUri = 2000;

/// The page a destination points to, from 1; 0 when it points nowhere in this file.
int pageOf(const LinkAction* action, PDFDoc& pdf, int pages) {
    const auto* jump = dynamic_cast<const LinkGoTo*>(action);
    if (jump == nullptr)
        return 0;
    std::unique_ptr<LinkDest> named;
    const LinkDest* destination = jump->getDest();
    if (destination == nullptr && jump->getNamedDest() != nullptr) {
        named = pdf.findDest(jump->getNamedDest());
        destination = named.get();
    }
    if (destination == nullptr)
        return 0;
    const int number = destination->isPageRef() ? pdf.findPage(destination->getPageRef())
                                                : destination->getPageNum();
    return number >= 1 && number <= pages ? number : 0;
}

class Walker {
public:
    Walker(PDFDoc& pdf, int pages, std::vector<document::RawOutlineEntry>& entries)
        : m_pdf(pdf), m_pages(pages), m_entries(entries) {}

    void walk(const std::vector<OutlineItem*>* items, int level) {
        if (items == nullptr || level > kMaxDepth)
            return;
        for (OutlineItem* item : *items) {
            if (m_entries.size() >= kMaxEntries)
                return;
            m_entries.push_back(
                {level, title(*item), pageOf(item->getAction(), m_pdf, m_pages), ""});
            if (item->hasKids()) {
                item->open();
                walk(item->getKids(), level + 1);
            }
        }
    }

private:
    static std::string title(const OutlineItem& item) {
        std::u32string text;
        for (int i = 0; i < std::min(item.getTitleLength(), kMaxTitle); ++i)
            text += static_cast<char32_t>(item.getTitle()[i]);
        return foldSpace(toUtf8(text));
    }

    PDFDoc& m_pdf;
    int m_pages;
    std::vector<document::RawOutlineEntry>& m_entries;
};

/// The document takes it over.
BaseStream* stream(std::string_view bytes) {
    return new MemStream(bytes.data(), 0, static_cast<Goffset>(bytes.size()), Object(objNull));
}

/// A link's rectangle, which the file gives in its own coordinates, as it stands on the page shown.
document::Box boxOf(const AnnotLink& link, const std::array<double, 6>& matrix) {
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    link.getRect(&x0, &y0, &x1, &y1);
    const auto x = [&](double a, double b) { return matrix[0] * a + matrix[2] * b + matrix[4]; };
    const auto y = [&](double a, double b) { return matrix[1] * a + matrix[3] * b + matrix[5]; };
    const auto [left, right] = std::minmax({x(x0, y0), x(x1, y1)});
    const auto [top, bottom] = std::minmax({y(x0, y0), y(x1, y1)});
    return {static_cast<float>(left), static_cast<float>(top), static_cast<float>(right),
            static_cast<float>(bottom)};
}

} // namespace

PdfOutline readPdfOutline(std::string_view bytes, const std::string& password, int pages) {
    PdfOutline result;
    result.labels.resize(static_cast<std::size_t>(pages));
    const GlobalParamsIniter parameters(nullptr);
    const std::optional<GooString> secret(std::in_place, password);
    PDFDoc pdf(stream(bytes), secret, secret);
    if (!pdf.isOk())
        return result;
    if (Outline* outline = pdf.getOutline())
        Walker(pdf, pages, result.entries).walk(outline->getItems(), 1);
    for (int i = 0; i < pages; ++i) {
        GooString label;
        if (!pdf.getCatalog()->indexToLabel(i, &label))
            continue;
        result.labels[static_cast<std::size_t>(i)] = decodePdfString(label.toStr());
    }
    return result;
}

std::vector<document::RawLink> readPdfLinks(std::string_view bytes, const std::string& password,
                                            int page, int pages) {
    std::vector<document::RawLink> result;
    const GlobalParamsIniter parameters(nullptr);
    const std::optional<GooString> secret(std::in_place, password);
    PDFDoc pdf(stream(bytes), secret, secret);
    Page* source = pdf.isOk() ? pdf.getPage(page) : nullptr;
    if (source == nullptr)
        return result;
    std::array<double, 6> matrix{};
    source->getDefaultCTM(matrix.data(), 72, 72, 0, false, true);
    const std::unique_ptr<Links> links = source->getLinks();
    for (const AnnotLink* link : links->getLinks()) {
        if (result.size() == static_cast<std::size_t>(document::wire::kMaxLinks))
            break;
        document::RawLink entry{boxOf(*link, matrix), pageOf(link->getAction(), pdf, pages), ""};
        if (const auto* uri = dynamic_cast<const LinkURI*>(link->getAction()))
            entry.uri = uri->getURI();
        if (entry.uri.size() <= kMaxUri && (entry.page > 0 || !entry.uri.empty()))
            result.push_back(std::move(entry));
    }
    return result;
}

} // namespace engine::reader
