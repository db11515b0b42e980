#pragma once
/// Questions and answers: what is asked, up to where, the conversation, and the box for the next
/// question. Owns the model of the conversation, which others fill.

#include <QWidget>

#include "ui/exchange_model.h"

class QFrame;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace ui {

class BoundChip;
class ExchangeView;

class AskView : public QWidget {
    Q_OBJECT

public:
    explicit AskView(QWidget* parent = nullptr);

    /// A window gives its docks no more than they must have: narrower than this, an answer has
    /// three words a line.
    [[nodiscard]] QSize minimumSizeHint() const override {
        return QWidget::minimumSizeHint().expandedTo({320, 0});
    }

    [[nodiscard]] ExchangeModel& exchanges() { return *m_exchanges; }
    [[nodiscard]] BoundChip& boundChip() { return *m_bound; }

    /// What is asked: the titles of the documents. None: nothing can be asked.
    void setScope(const QStringList& titles);
    /// Up to three questions that the empty state offers.
    void setExamples(const QStringList& questions);
    /// How far a single document has been read. While `read` is less than `total`, the view says
    /// that an answer rests on so much. Belongs to the scope: call it after setScope.
    void setReadSoFar(int read, int total, bool isLocation = false);
    /// Without a model there is evidence and no gist. `missingFile` is the path that was looked
    /// for; may be empty.
    void setNoModel(const QString& missingFile);
    /// The same for a model that cannot be used; the sentence says why.
    void setModelTrouble(const QString& sentence);
    void setHasModel();

    /// Takes the question for running: clears the box and begins its exchange, whose number it
    /// returns for the model's calls.
    int begin(const QString& question);

    [[nodiscard]] QString draft() const;
    void setDraft(const QString& text);
    void focusQuestion();

public Q_SLOTS:
    void nextEvidence();
    void previousEvidence();
    /// Of the current row; none: does nothing.
    void openEvidence();

Q_SIGNALS:
    /// The person asks. `asOf` is a PageSpec; empty: the whole book. The draft stays until begin.
    void asked(const QString& question, const QString& asOf);
    void stopRequested();
    void scopeChangeRequested();
    void modelRequested();
    void draftChanged(const QString& text);
    void citationActivated(const QString& documentId, qint64 begin, qint64 end);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void buildEmptyState();
    void buildNoModel();
    void buildComposer();
    void send();
    void refresh();
    void fitQuestion();
    void announce(const QString& sentence);
    [[nodiscard]] bool isRunning() const { return m_exchanges->running() >= 0; }

    ExchangeModel* m_exchanges;
    ExchangeView* m_list;
    QStackedWidget* m_stack;
    QWidget* m_empty;
    QLabel* m_emptyTitle;
    QLabel* m_emptyText;
    QVBoxLayout* m_examples;
    QFrame* m_noModel;
    QLabel* m_noModelText;
    QWidget* m_composer;
    QLabel* m_scope;
    QPushButton* m_change;
    BoundChip* m_bound;
    QLabel* m_readSoFar;
    QPlainTextEdit* m_question;
    QPushButton* m_send;
    QLabel* m_alert; ///< never seen; its name is what a screen reader says
    QStringList m_titles;
    bool m_hasModel = true;
};

} // namespace ui
