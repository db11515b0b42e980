#pragma once
/// The row above a document: back and forward, which page, how big, find. Says what is wanted and
/// shows what it is told.

#include <QWidget>

#include <vector>

#include "ui/page_layout.h"

class QLabel;
class QLineEdit;
class QToolButton;

namespace ui {

/// The page that a person means by a label or an index; 0 when there is none. A label wins over an
/// index of the same digits; `index:` in front asks for the index.
int pageNamed(const std::vector<PageInfo>& pages, const QString& name);

class DocumentBar : public QWidget {
    Q_OBJECT

public:
    enum class Kind { Pages, Text };

    explicit DocumentBar(Kind kind, QWidget* parent = nullptr);

    void setPages(std::vector<PageInfo> pages, PageUnit unit);
    void setCurrentPage(int page);
    /// "125 %" or "12 pt".
    void setSizeText(const QString& text);
    void setCanGo(bool back, bool forward);
    /// Puts the keyboard into the page field.
    void editPage();

Q_SIGNALS:
    void backWanted();
    void forwardWanted();
    void pageWanted(int page);
    void zoomWanted(double zoom);
    void fitWanted(ui::Fit fit);
    void biggerWanted();
    void smallerWanted();
    void rotateWanted();
    void findWanted();
    /// The page field was left with Esc or Return.
    void editingEnded();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void addSizeMenu();
    void go();
    void showPage();

    Kind m_kind;
    std::vector<PageInfo> m_pages;
    PageUnit m_unit = PageUnit::Page;
    int m_page = 0;
    QToolButton* m_back;
    QToolButton* m_forward;
    QLabel* m_what;
    QLineEdit* m_field;
    QLabel* m_of;
    QToolButton* m_size;
};

} // namespace ui
