#pragma once
/// What has been read of a document and how, as a strip of cells: one for each page, or for several
/// when there are many. A screen reader and the keyboard walk the same cells. Pages from 1.

#include <QWidget>

#include <vector>

#include "ui/page_layout.h"

namespace ui {

class MemoryStrip : public QWidget {
    Q_OBJECT

public:
    static constexpr int kHeight = 24;
    static constexpr int kLeastCell = 5; ///< pixels

    /// A cell, with the pages it stands for.
    struct Cell {
        int first = 0, last = 0;
        /// The state to be seen: a failed page is never lost among others.
        PageState state = PageState::Text;
        double read = 0; ///< part of its pages that the memory has consumed, 0 to 1
        bool hasSnapshot = false;
    };

    explicit MemoryStrip(QWidget* parent = nullptr);

    /// Forgets everything else.
    void setPages(std::vector<PageInfo> pages, PageUnit unit = PageUnit::Page);
    /// How many pages from the first the memory has consumed.
    void setReadPages(int count);
    void setSnapshots(std::vector<int> pages);
    /// The last page that may influence an answer; 0: none is set.
    void setBound(int page);
    void setCurrentPage(int page);

    [[nodiscard]] std::vector<Cell> cells() const;
    [[nodiscard]] QRectF cellRect(std::size_t cell) const;
    /// The page that the keyboard stands on.
    [[nodiscard]] int markedPage() const { return m_marked; }
    void setMarkedPage(int page);
    [[nodiscard]] int pageCount() const { return static_cast<int>(m_pages.size()); }
    /// What is known of the cell of a page, in sentences.
    [[nodiscard]] QStringList describe(int page) const;
    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void pageActivated(int page);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    [[nodiscard]] int pagesPerCell() const;
    [[nodiscard]] std::size_t cellOf(int page) const;
    [[nodiscard]] int pageAt(double x) const;
    [[nodiscard]] QString pageName(int page) const;
    [[nodiscard]] QString describeState(PageState state, bool isOne) const;
    void paintCell(QPainter& painter, const QRectF& place, const Cell& cell) const;
    void paintBound(QPainter& painter) const;
    void paintCurrent(QPainter& painter) const;

    std::vector<PageInfo> m_pages;
    std::vector<int> m_snapshots;
    int m_read = 0;
    int m_bound = 0;
    int m_current = 0;
    int m_marked = 0;
    PageUnit m_unit = PageUnit::Page;
};

} // namespace ui
