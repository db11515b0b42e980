#pragma once
/// One row of the reading queue: what a file is at, and the buttons that act on it.

#include <QWidget>

class QLabel;
class QPushButton;
class QToolButton;

namespace ui {

class ElidedLabel;
class IconLabel;
class ThinBar;
struct QueueItem;

class QueueRow : public QWidget {
    Q_OBJECT

public:
    explicit QueueRow(QWidget* parent = nullptr);
    void setItem(const QueueItem& item, bool isFirst, bool isLast);
    /// The same for every row, so that rows do not jump when a file fails; more only where the
    /// failure takes more than two lines.
    [[nodiscard]] static int heightFor(const QueueItem& item, const QFont& font, int width);

Q_SIGNALS:
    void pauseClicked();
    void upClicked();
    void downClicked();
    void cancelClicked();
    void actionClicked();

private:
    QToolButton* addButton(const char* name, const char* iconName, void (QueueRow::*clicked)());

    IconLabel* m_icon;
    ElidedLabel* m_title;
    QLabel* m_status;
    QLabel* m_detail;
    ThinBar* m_bar;
    QPushButton* m_action;
    QToolButton *m_pause, *m_up, *m_down, *m_cancel;
};

} // namespace ui
