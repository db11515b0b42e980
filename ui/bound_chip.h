#pragma once
/// The chip that says how far into a book an answer may look: the whole book, a page, or wherever
/// the person is. Stands down to the whole book at the last page, where a bound no longer hides
/// anything.

#include <QWidget>

#include "ui/page_layout.h"

class QAction;
class QLineEdit;
class QPushButton;

namespace ui {

class BoundChip : public QWidget {
    Q_OBJECT

public:
    explicit BoundChip(QWidget* parent = nullptr);

    /// Where the person is, counted from 1, of how many pages (or locations); 0 of 0: nowhere.
    void setPosition(int index, const QString& label, int count, PageUnit unit = PageUnit::Page);
    /// The page in the form that PageSpec takes ("212", "xii", "index:240", "loc:37", "chapter:7");
    /// empty: the whole book.
    void setBound(const QString& pageSpec);
    /// Back to the bound before the last one: that names no place in the document.
    void takeBack();
    /// Follows the person from page to page.
    void followPosition();
    /// A bound means something in one document only; with several the chip says so.
    void setAvailable(bool isAvailable);

    /// As PageSpec; empty: the whole book.
    [[nodiscard]] QString bound() const;
    /// In words, "p. 212"; empty: the whole book.
    [[nodiscard]] QString boundText() const;
    [[nodiscard]] bool isFollowing() const { return m_mode == Mode::Follow; }

Q_SIGNALS:
    /// As PageSpec; empty: the whole book.
    void boundChanged(const QString& pageSpec);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    enum class Mode { Whole, Page, Follow };

    void set(Mode mode, const QString& page);
    void editPage();
    void leaveEdit();
    void refresh();
    [[nodiscard]] bool isAtEnd(const QString& page) const;

    QPushButton* m_button;
    QLineEdit* m_page;
    QAction* m_whole;
    QAction* m_here;
    QAction* m_other;
    Mode m_mode = Mode::Whole;
    QString m_spec; ///< of Mode::Page
    Mode m_modeBefore = Mode::Whole;
    QString m_specBefore;
    QString m_last; ///< what boundChanged said last
    int m_index = 0;
    int m_count = 0;
    QString m_label;
    PageUnit m_unit = PageUnit::Page;
    bool m_isAvailable = true;
};

} // namespace ui
