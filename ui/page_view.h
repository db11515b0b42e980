#pragma once
/// Continuous pages of a document with fixed pages: asks for pictures, words and links by signals,
/// is given them by setters, and says what the person selects and wants. Knows no engine. Pages are
/// counted from 1, boxes are points of the page as stored, ranges are offsets.

#include <QAbstractScrollArea>
#include <QTimer>

#include <map>
#include <optional>
#include <set>

#include "ui/highlight_fade.h"
#include "ui/page_cache.h"
#include "ui/page_demand.h"
#include "ui/page_layout.h"
#include "ui/page_links.h"
#include "ui/page_parts.h"
#include "ui/page_selection.h"

namespace ui {

class PageView : public QAbstractScrollArea {
    Q_OBJECT

public:
    /// Up to here the whole page is rendered; above it the picture is scaled up, and the part in
    /// view is asked for.
    static constexpr double kPicturePixels = 8e6;

    explicit PageView(QWidget* parent = nullptr);

    /// Another document: forgets pictures, words, links, marks and selection.
    void setPages(std::vector<PageInfo> pages);
    /// The answer to pictureWanted(); `rotation` is how far the renderer turned the picture, the
    /// view turns the rest.
    void setPicture(int page, double scale, const QImage& picture, int rotation = 0);
    void setPictureFailed(int page, const QString& reason);
    /// The request for it was cancelled: it is asked for again if the page is near after all.
    void setPictureMissing(int page, double scale);
    /// Asks again for pages that failed, and for words and links.
    void tryAgain();
    /// The answer to partWanted(), with what was asked.
    void setPart(int page, double scale, int rotation, QRect part, const QImage& picture);
    /// The answers to textWanted().
    void setWords(int page, std::vector<WordBox> words);
    void setLinks(int page, std::vector<PageLink> links);
    void setPageText(int page, const QString& text);

    /// Marks evidence; none: takes the marks away.
    void setHighlight(std::vector<LineBox> lines);
    /// Ascending ranges.
    void setFindHits(std::vector<engine::TextRange> hits);
    void setCurrentHit(engine::TextRange hit);
    void setInverted(bool isInverted);

    void goToPage(int page);
    /// Brings the line of this offset to the top; topOffset() then gives it back.
    void goToOffset(qint64 offset);
    /// Shows a range: the lines of evidence when they are known, or its words. Does not mark.
    void reveal(engine::TextRange range, const std::vector<LineBox>& lines = {});

    /// Around the middle of the view.
    void setZoom(double zoom);
    void setFit(Fit fit);
    void zoomIn();
    void zoomOut();
    void setRotation(int degrees);

    [[nodiscard]] const PageLayout& pageLayout() const { return m_layout; }
    [[nodiscard]] const std::vector<PageInfo>& pages() const { return m_pages; }
    [[nodiscard]] const PageSelection& selection() const { return m_selection; }
    void select(engine::TextRange range);
    [[nodiscard]] int currentPage() const { return m_currentPage; }
    /// The offset of the first line in view.
    [[nodiscard]] qint64 topOffset() const;
    /// Empty when it is not known.
    [[nodiscard]] QString pageText(int page) const;
    /// Whether a picture is shown for a page, of whatever scale, and not a blank sheet.
    [[nodiscard]] bool hasPicture(int page) const;
    [[nodiscard]] const std::vector<LineBox>& highlight() const { return m_highlight; }
    /// Where a box of a page stands in the viewport.
    [[nodiscard]] QRectF toViewport(int page, const QRectF& box) const;

Q_SIGNALS:
    /// Pixels per point, of the whole page; the same scale comes back with the picture. The page
    /// asked for last is wanted first.
    void pictureWanted(int page, double scale, int rotation);
    void pictureUnwanted(int page);
    /// At high zoom: a part of the page's picture of this scale and rotation, in its pixels.
    void partWanted(int page, double scale, int rotation, QRect part);
    /// A page came into view: its words, links and text are of use.
    void textWanted(int page);
    void currentPageChanged(int page);
    /// For the session; follows every scroll step.
    void topOffsetChanged(qint64 offset);
    void zoomChanged(double zoom);
    void selectionChanged(engine::TextRange range);
    void copyRequested(engine::TextRange range);
    void copyWithCitationRequested(engine::TextRange range);
    void askAboutRequested(engine::TextRange range);
    void asOfRequested(qint64 offset);
    void linkActivated(const QString& target);
    /// Empty when the pointer left it.
    void linkHovered(const QString& target);

protected:
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool focusNextPrevChild(bool next) override;

private:
    [[nodiscard]] QPoint scrolled() const;
    void scrollTo(const QPointF& content);
    void bringToTop(qint64 offset);
    /// Changes the layout with the point of a page under `pin`, of the viewport, kept in place.
    template <typename Change> void rearrange(QPointF pin, Change change);
    void zoomAt(double zoom, const QPointF& pin);
    void updateScrollBars();
    /// Says where the view stands; `target`, if it is in view, counts as the current page.
    void follow(int target = 0);
    void requestPictures();
    /// The pages around those in view are asked for when none in view is waited for any more.
    void requestMore();
    void requestParts();
    /// Pixels per point as they are on the screen, and as whole pages are rendered.
    [[nodiscard]] double sharpScale() const;
    [[nodiscard]] double pictureScale(int page) const;
    [[nodiscard]] std::pair<int, int> visiblePages() const;
    [[nodiscard]] std::vector<QRectF> onViewport(int page, const std::vector<QRectF>& boxes) const;
    void paintPage(QPainter& painter, int page);
    void paintMarksOf(QPainter& painter, int page);
    [[nodiscard]] QString standInHeading(int page) const;

    [[nodiscard]] bool scrollByKey(QKeyEvent* event);
    [[nodiscard]] bool selectByKey(QKeyEvent* event);
    [[nodiscard]] bool changeByKey(QKeyEvent* event);
    void startSelectionInView();
    void announceSelection();
    void dragTo(const QPointF& position);
    void hover(const QPointF& position);
    [[nodiscard]] std::optional<qint64> offsetAt(const QPointF& position) const;
    void followLink(PageLinks::Place place);

    std::vector<PageInfo> m_pages;
    PageLayout m_layout;
    PageCache m_cache;
    PageDemand m_demand;
    PageParts m_parts;
    PageSelection m_selection;
    PageLinks m_links;
    HighlightFade m_fade;
    std::map<int, QString> m_failures;
    std::map<int, QString> m_texts;
    std::vector<LineBox> m_highlight;
    std::vector<engine::TextRange> m_hits;
    engine::TextRange m_currentHit;
    std::optional<engine::TextRange> m_awaited; ///< to be revealed again when its words come
    std::optional<qint64> m_place; ///< brought to the top, until something else is shown
    QTimer m_request;              ///< so that a sweep of scroll or zoom steps asks once
    QTimer m_dragScroll;           ///< scrolls while a drag is held outside
    QPointF m_pressed;
    QPointF m_dragged;
    PageLinks::Place m_pressedLink;
    PageLinks::Place m_hovered;
    std::set<int> m_textAsked;
    double m_ratio = 0;
    int m_currentPage = 0;
    bool m_isInverted = false;
    bool m_isDragging = false;
    bool m_isPlacing = false; ///< the program scrolls, not the person
};

} // namespace ui
