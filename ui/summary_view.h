#pragma once
/// Summaries of a document: its parts with the state of each, how long and in which style the next
/// is made, and the text of the chosen one with its sources.

#include <QWidget>

#include <map>

#include "ui/exchange.h"
#include "ui/summary_model.h"

class QComboBox;
class QLabel;
class QPushButton;
class QStackedWidget;
class QListView;

namespace ui {

class ExchangeModel;
class ExchangeView;

class SummaryView : public QWidget {
    Q_OBJECT

public:
    enum class Length { Short, Medium, Long };
    Q_ENUM(Length)
    enum class Style { Prose, Points, Outline };
    Q_ENUM(Style)

    explicit SummaryView(QWidget* parent = nullptr);

    /// A window gives its docks no more than they must have: narrower than this, a sentence has
    /// three words a line.
    [[nodiscard]] QSize minimumSizeHint() const override {
        return QWidget::minimumSizeHint().expandedTo({320, 0});
    }

    /// Shows a document's parts; forgets the summaries of the one before. Empty title: no document.
    void setDocument(const QString& title, std::vector<SummaryPart> parts);
    /// Without a model nothing can be made; what was made is still shown.
    void setCanMake(bool canMake, const QString& reason = QString());
    void setProgress(int chapter, qint64 done, qint64 total);
    void setFailed(int chapter, const QString& sentence);
    /// Back to "none", or to the summary that is there: the making was stopped.
    void setStopped(int chapter);
    /// A finished summary: its sentences, sources and coverage.
    void setSummary(int chapter, const Exchange& summary, const QDateTime& madeOn);
    void selectChapter(int chapter);

    [[nodiscard]] Length chosenLength() const;
    [[nodiscard]] Style chosenStyle() const;

Q_SIGNALS:
    /// Chapter 0 is the whole book.
    void makeRequested(int chapter, ui::SummaryView::Length length, ui::SummaryView::Style style);
    void makeAllRequested(ui::SummaryView::Length length, ui::SummaryView::Style style);
    void stopRequested();
    void exportRequested();
    void chapterSelected(int chapter);
    void citationActivated(const QString& documentId, qint64 begin, qint64 end);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    QWidget* buildTop();
    QWidget* buildText();
    void refresh();
    void showText();
    [[nodiscard]] int currentChapter() const;

    SummaryModel* m_parts;
    QWidget* m_top = nullptr;
    QListView* m_list;
    QComboBox* m_length;
    QComboBox* m_style;
    QPushButton* m_make;
    QPushButton* m_makeAll;
    QPushButton* m_export;
    QLabel* m_reason;
    QLabel* m_heading;
    QLabel* m_hint;
    QStackedWidget* m_stack;
    ExchangeModel* m_text;
    ExchangeView* m_textView;
    std::map<int, Exchange> m_summaries;
    std::map<int, QString> m_failures;
    QString m_title;
    bool m_canMake = true;
};

} // namespace ui
