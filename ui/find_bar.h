#pragma once
/// The bar that finds words in one document: what is sought, how many places were found, and the
/// way from one to the next. Hidden until it is opened.

#include <QTimer>
#include <QWidget>

class QCheckBox;
class QLabel;
class QLineEdit;
class QToolButton;

namespace ui {

class FindBar : public QWidget {
    Q_OBJECT

public:
    explicit FindBar(QWidget* parent = nullptr);

    /// Shows the bar with the words that are there already, selected.
    void open();
    /// `current` from 1; a total of 0: not found.
    void setCount(int current, int total);
    [[nodiscard]] QString text() const;
    [[nodiscard]] bool isExact() const;

Q_SIGNALS:
    /// After a short rest in typing. An empty text ends the search.
    void findWanted(const QString& text, bool exact);
    void nextWanted();
    void previousWanted();
    void closed();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void seek();
    void step(bool isForward);

    QTimer m_rest;
    QLineEdit* m_field;
    QCheckBox* m_exact;
    QLabel* m_count;
    QToolButton* m_previous;
    QToolButton* m_next;
};

} // namespace ui
