#pragma once
/// A reflowed text, one chapter or another stretch at a time, built from stored blocks: never from
/// markup of the book. Asks for the stretch around an offset, is given its blocks, and speaks in
/// offsets as PageView does.

#include <QTextEdit>

#include <optional>
#include <vector>

#include "ui/highlight_fade.h"
#include "ui/page_layout.h"

namespace ui {

class TextView : public QTextEdit {
    Q_OBJECT

public:
    static constexpr double kMinTextSize = 7;
    static constexpr double kMaxTextSize = 48;
    static constexpr double kUsualTextSize = 12;
    static constexpr int kMeasure = 70; ///< characters in a line

    explicit TextView(QWidget* parent = nullptr);

    /// Another document. Locations, or the pages of an EPUB's page list, that tile the text.
    void setPages(std::vector<PageInfo> pages);
    /// The answer to textWanted(): the stretch, and its blocks in reading order. A place that was
    /// waiting for it is shown.
    void setBlocks(engine::TextRange stretch, const std::vector<TextBlock>& blocks);

    /// Marks evidence; an empty range takes the mark away.
    void setHighlight(engine::TextRange range);
    void setFindHits(std::vector<engine::TextRange> hits);
    void setCurrentHit(engine::TextRange hit);

    void goToPage(int page);
    /// Brings the line of this offset to the top.
    void goToOffset(qint64 offset);
    /// Shows a range without marking it.
    void reveal(engine::TextRange range);
    void select(engine::TextRange range);

    /// Points.
    void setTextSize(double size);
    [[nodiscard]] double textSize() const { return m_textSize; }

    [[nodiscard]] const std::vector<PageInfo>& pages() const { return m_pages; }
    [[nodiscard]] engine::TextRange stretch() const { return m_stretch; }
    [[nodiscard]] engine::TextRange selection() const;
    [[nodiscard]] int currentPage() const { return m_currentPage; }
    [[nodiscard]] qint64 topOffset() const;
    /// The offset of a place in the QTextDocument, and back.
    [[nodiscard]] qint64 offsetAt(int position) const;
    [[nodiscard]] int positionOf(qint64 offset) const;
    /// Rectangles in the viewport, one per line.
    [[nodiscard]] std::vector<QRectF> lines(engine::TextRange range) const;

    QVariant loadResource(int type, const QUrl& name) override;

Q_SIGNALS:
    /// The stretch around this offset is needed.
    void textWanted(qint64 offset);
    void currentPageChanged(int page);
    void topOffsetChanged(qint64 offset);
    void textSizeChanged(double size);
    void selectionChanged(engine::TextRange range);
    void copyRequested(engine::TextRange range);
    void copyWithCitationRequested(engine::TextRange range);
    void askAboutRequested(engine::TextRange range);
    void asOfRequested(qint64 offset);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    QMimeData* createMimeDataFromSelection() const override;

private:
    enum class Then { ShowAtTop, Reveal, ShowAtBottom };
    struct Awaited {
        engine::TextRange range;
        Then then = Then::ShowAtTop;
    };
    void want(engine::TextRange range, Then then);
    [[nodiscard]] bool holds(qint64 offset) const;
    [[nodiscard]] qint64 end() const;
    void append(QTextCursor& cursor, const TextBlock& block, bool isFirst);
    void arrange();
    void follow();
    [[nodiscard]] bool scrollByKey(QKeyEvent* event);
    void scrollBy(int pixels);
    [[nodiscard]] double topOf(qint64 offset) const;

    std::vector<PageInfo> m_pages;
    std::vector<TextBlock> m_blocks;
    engine::TextRange m_stretch;
    std::optional<Awaited> m_awaited;
    HighlightFade m_fade;
    engine::TextRange m_highlight;
    std::vector<engine::TextRange> m_hits;
    engine::TextRange m_currentHit;
    double m_textSize = kUsualTextSize;
    int m_currentPage = 0;
};

} // namespace ui
