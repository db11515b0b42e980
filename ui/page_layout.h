#pragma once
/// Where continuous pages stand: pure arithmetic from page sizes, without a window; and the plain
/// data about pages that the views are given. Pages are counted from 1. Page coordinates are
/// points, origin top left of the page as stored; content coordinates are device-independent pixels
/// of the whole scrolled sheet at the zoom and rotation set.

#include <QPointF>
#include <QRectF>
#include <QSizeF>
#include <QString>
#include <QTransform>

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace ui {

/// What the pages of a document are: of the file, and drawn; of a printed edition that the file
/// names; or stretches of a text that has none.
enum class PageUnit { Page, PrintedPage, Location };
PageUnit unitOf(const engine::DocumentInfo& document);

enum class PageState { Pending, Text, Ocr, Empty, Failed };

/// A page of any unit; only those of the file have a size.
struct PageInfo {
    int index = 0; ///< from 1
    QString label; ///< printed name; as engine::PageInfo has it
    QSizeF size;   ///< points
    engine::TextRange range;
    PageState state = PageState::Text;
    QString reason; ///< why it failed; a sentence
};

struct WordBox {
    engine::TextRange range;
    QRectF box; ///< points
};

struct LineBox {
    int page = 0;
    QRectF box; ///< points
};

struct PageLink {
    QRectF box;     ///< points
    QString target; ///< handed back when it is followed
    QString title;  ///< shown in the tool tip, as plain text
};

struct TextBlock {
    enum class Kind { Paragraph, Heading, ListItem, Quote, Code, TableRow, Note, Caption };
    Kind kind = Kind::Paragraph;
    int level = 0; ///< headings from 1; depth of list items
    engine::TextRange range;
    QString text; ///< the stored text of `range`
};

/// The page that holds an offset, by its place in `pages`; the last page for offsets behind the
/// text, -1 when there are no pages. O(log n).
int placeOfOffset(const std::vector<PageInfo>& pages, std::int64_t offset);

/// A point on a page.
struct PagePoint {
    int page = 0;
    QPointF point; ///< points
};

enum class Fit { None, Width, Page };

class PageLayout {
public:
    static constexpr double kMinZoom = 0.1;
    static constexpr double kMaxZoom = 8.0;
    static constexpr int kMargin = 12; ///< around the sheet
    static constexpr int kGap = 12;    ///< between pages

    /// Sizes in points; a size that is not positive stands for A4.
    void setPages(std::vector<QSizeF> sizes);
    void setViewport(QSize size);
    /// 1 is 72 pixels an inch. Clamped to the limits; ends a fit.
    void setZoom(double zoom);
    /// Follows the viewport until a zoom is set. Pages wider than nine in ten others do not count,
    /// so that one fold-out map does not shrink a book.
    void setFit(Fit fit);
    /// Degrees clockwise; any multiple of 90.
    void setRotation(int degrees);

    [[nodiscard]] int pageCount() const { return static_cast<int>(m_sizes.size()); }
    [[nodiscard]] double zoom() const { return m_zoom; }
    [[nodiscard]] Fit fit() const { return m_fit; }
    [[nodiscard]] int rotation() const { return m_rotation; }
    [[nodiscard]] QSize viewport() const { return m_viewport; }
    /// At least as wide as the viewport.
    [[nodiscard]] QSize contentSize() const;
    [[nodiscard]] QSizeF pageSize(int page) const { return m_sizes.at(index(page)); }
    /// Whole pixels, so that a picture is painted without being resampled.
    [[nodiscard]] QRect pageRect(int page) const;

    /// Page points to content; its inverse goes back.
    [[nodiscard]] QTransform toContent(int page) const;
    [[nodiscard]] QRectF toContent(int page, const QRectF& points) const;
    /// The page under or nearest to a place, and the point on it; outside the page it lies outside
    /// its size. Page 0 when there are no pages.
    [[nodiscard]] PagePoint toPage(const QPointF& content) const;
    /// The page that holds `y`, or the one above the gap that does; 0 when there are none.
    [[nodiscard]] int pageAt(double y) const;
    /// First and last page that a range of heights touches; {0, -1} when none.
    [[nodiscard]] std::pair<int, int> pagesBetween(double top, double bottom) const;

private:
    [[nodiscard]] static std::size_t index(int page) { return static_cast<std::size_t>(page - 1); }
    [[nodiscard]] QSizeF turned(const QSizeF& size) const;
    [[nodiscard]] QSizeF usualSize() const;
    void arrange();

    std::vector<QSizeF> m_sizes;
    std::vector<int> m_tops; ///< content y of each page, and the end of the sheet
    QSize m_viewport{1, 1};
    double m_zoom = 1;
    Fit m_fit = Fit::None;
    int m_rotation = 0;
    int m_widest = 0;
};

} // namespace ui
