#pragma once
/// The list of a conversation's rows: walks the evidence, opens and copies it, follows the answer
/// that is being written until the person scrolls.

#include <QListView>

#include "ui/exchange_model.h"

class QMenu;

namespace ui {

class ExchangeDelegate;

class ExchangeView : public QListView {
    Q_OBJECT

public:
    explicit ExchangeView(QWidget* parent = nullptr);

    /// Instead of setModel: the view needs this kind. The model outlives the view.
    void setExchanges(ExchangeModel* model);
    /// What the menu of a row offers.
    [[nodiscard]] QMenu* menuFor(const QModelIndex& index);
    /// Puts a whole answer with its references on the clipboard, as text, HTML and Markdown.
    void copyAnswer(int exchange);
    /// What a link does when it is clicked in `index`.
    void follow(const QModelIndex& index, const QString& link);

public Q_SLOTS:
    void nextEvidence();
    void previousEvidence();
    /// Evidence: its place is asked for. Any other row: nothing.
    void openCurrent();
    /// Evidence with its reference from an evidence row, the whole answer from any other.
    void copyCurrent();

Q_SIGNALS:
    void citationActivated(const QString& documentId, qint64 begin, qint64 end);
    void retryRequested(const QString& question);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void walk(int step);
    void open(const QModelIndex& index);
    void copyQuote(const QModelIndex& index);
    void keepQuestionInSight();
    void showEarlier();
    [[nodiscard]] QString linkUnder(const QPoint& position) const;

    ExchangeModel* m_exchanges = nullptr;
    ExchangeDelegate* m_delegate;
    QString m_pressed; ///< the link on which the button went down
    bool m_isFollowing = false;
};

} // namespace ui
