// The only file that includes Poppler's core headers: poppler-cpp gives an outline without
// destinations.
#include <memory>

#include <GlobalParams.h>
#include <Link.h>
#include <Outline.h>
#include <PDFDoc.h>
#include <PDFDocEncoding.h>
#include <Stream.h>
#include <goo/GooString.h>

#include "engine/reader/pdf.h"
#include "engine/reader/unicode.h"

namespace engine::reader {
namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxEntries = 20'000;
constexpr int kMaxTitle = 1000;

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
            m_entries.push_back({level, title(*item), page(item->getAction()), ""});
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

    /// The page a destination points to, from 1; 0 when it points nowhere in this file.
    int page(const LinkAction* action) {
        const auto* jump = dynamic_cast<const LinkGoTo*>(action);
        if (jump == nullptr)
            return 0;
        std::unique_ptr<LinkDest> named;
        const LinkDest* destination = jump->getDest();
        if (destination == nullptr && jump->getNamedDest() != nullptr) {
            named = m_pdf.findDest(jump->getNamedDest());
            destination = named.get();
        }
        if (destination == nullptr)
            return 0;
        const int number = destination->isPageRef() ? m_pdf.findPage(destination->getPageRef())
                                                    : destination->getPageNum();
        return number >= 1 && number <= m_pages ? number : 0;
    }

    PDFDoc& m_pdf;
    int m_pages;
    std::vector<document::RawOutlineEntry>& m_entries;
};

} // namespace

PdfOutline readPdfOutline(std::string_view bytes, const std::string& password, int pages) {
    PdfOutline result;
    result.labels.resize(static_cast<std::size_t>(pages));
    const GlobalParamsIniter parameters(nullptr);
    const std::optional<GooString> secret(std::in_place, password);
    PDFDoc pdf(new MemStream(bytes.data(), 0, static_cast<Goffset>(bytes.size()), Object(objNull)),
               secret, secret);
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

} // namespace engine::reader
