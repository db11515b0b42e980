#include "ui/exchange_view.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QMenu>
#include <QMimeData>
#include <QScrollBar>
#include <QTimer>

#include "ui/accessible.h"
#include "ui/exchange_delegate.h"

namespace ui {
namespace {

void toClipboard(const QString& plain, const QString& html, const QString& markdown) {
    auto* data = new QMimeData;
    data->setText(plain);
    data->setHtml(html);
    data->setData(QStringLiteral("text/markdown"), markdown.toUtf8());
    QApplication::clipboard()->setMimeData(data);
}

} // namespace

ExchangeView::ExchangeView(QWidget* parent)
    : QListView(parent), m_delegate(new ExchangeDelegate(this)) {
    setItemDelegate(m_delegate);
    setFrameShape(QFrame::NoFrame);
    setResizeMode(QListView::Adjust);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    // A bar that comes and goes would change the width, and with it the height of every row.
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setTabKeyNavigation(false);
    setMouseTracking(true);
    connect(verticalScrollBar(), &QScrollBar::actionTriggered, this,
            [this] { m_isFollowing = false; });
    connect(verticalScrollBar(), &QScrollBar::rangeChanged, this,
            &ExchangeView::keepQuestionInSight);
}

void ExchangeView::setExchanges(ExchangeModel* model) {
    m_exchanges = model;
    setModel(model);
    makeChosenCurrent(*this);
    connect(model, &ExchangeModel::runningChanged, this, [this](bool isRunning) {
        if (isRunning) {
            m_isFollowing = true;
            // The rows are laid out when the event loop runs next.
            QTimer::singleShot(0, this, &ExchangeView::keepQuestionInSight);
        }
    });
}

void ExchangeView::keepQuestionInSight() {
    if (!m_isFollowing || !m_exchanges)
        return;
    const QModelIndex last = m_exchanges->index(m_exchanges->rowCount() - 1);
    const QModelIndex question =
        m_exchanges->questionIndex(last.data(ExchangeModel::ExchangeRole).toInt());
    if (question.isValid())
        scrollTo(question, QAbstractItemView::PositionAtTop);
}

void ExchangeView::nextEvidence() {
    walk(1);
}

void ExchangeView::previousEvidence() {
    walk(-1);
}

void ExchangeView::openCurrent() {
    if (currentIndex().isValid())
        open(currentIndex());
}

void ExchangeView::walk(int step) {
    if (!m_exchanges || m_exchanges->rowCount() == 0)
        return;
    const int count = m_exchanges->rowCount();
    int row = currentIndex().isValid() ? currentIndex().row() : (step > 0 ? -1 : count);
    for (row += step; row >= 0 && row < count; row += step) {
        const QModelIndex index = m_exchanges->index(row);
        if (m_exchanges->evidence(index)) {
            m_isFollowing = false;
            setCurrentIndex(index);
            scrollTo(index);
            return;
        }
    }
}

void ExchangeView::open(const QModelIndex& index) {
    if (const engine::Evidence* evidence = m_exchanges ? m_exchanges->evidence(index) : nullptr)
        Q_EMIT citationActivated(QString::fromStdString(evidence->document.sha256),
                                 evidence->range.begin, evidence->range.end);
}

void ExchangeView::copyQuote(const QModelIndex& index) {
    if (const engine::Evidence* evidence = m_exchanges->evidence(index))
        toClipboard(plainQuote(*evidence), htmlQuote(*evidence), markdownQuote(*evidence));
}

void ExchangeView::copyAnswer(int exchange) {
    if (const Exchange* found = m_exchanges ? m_exchanges->exchange(exchange) : nullptr)
        toClipboard(plainAnswer(*found), htmlAnswer(*found), markdownAnswer(*found));
}

void ExchangeView::copyCurrent() {
    const QModelIndex index = currentIndex();
    if (!m_exchanges || !index.isValid())
        return;
    if (m_exchanges->evidence(index))
        copyQuote(index);
    else if (m_exchanges->row(index).kind != ExchangeModel::Kind::Earlier)
        copyAnswer(index.data(ExchangeModel::ExchangeRole).toInt());
}

void ExchangeView::follow(const QModelIndex& index, const QString& link) {
    if (!m_exchanges || !index.isValid() || !link.startsWith(QStringLiteral("cite:")))
        return;
    const QString target = link.mid(5);
    const int exchange = index.data(ExchangeModel::ExchangeRole).toInt();
    bool isNumber = false;
    const int number = target.toInt(&isNumber);
    if (isNumber) {
        const QModelIndex evidence = m_exchanges->evidenceIndex(exchange, number);
        if (evidence.isValid()) {
            m_isFollowing = false;
            setCurrentIndex(evidence);
            open(evidence);
        }
    } else if (target == QStringLiteral("open")) {
        open(index);
    } else if (target == QStringLiteral("copy")) {
        copyQuote(index);
    } else if (target == QStringLiteral("answer")) {
        copyAnswer(exchange);
    } else if (target == QStringLiteral("expand")) {
        m_isFollowing = false;
        m_exchanges->setExpanded(index, !index.data(ExchangeModel::ExpandedRole).toBool());
    } else if (target == QStringLiteral("earlier")) {
        showEarlier();
    } else if (target == QStringLiteral("retry")) {
        Q_EMIT retryRequested(m_exchanges->exchange(exchange)->question);
    }
}

void ExchangeView::showEarlier() {
    m_isFollowing = false;
    // What was the first question stays where it is on the screen; the others are above it.
    const QPersistentModelIndex first = m_exchanges->index(1);
    m_exchanges->showEarlier();
    setCurrentIndex(first);
    scrollTo(first, QAbstractItemView::PositionAtTop);
}

void ExchangeView::keyPressEvent(QKeyEvent* event) {
    const QModelIndex index = currentIndex();
    const auto kind = m_exchanges && index.isValid() ? m_exchanges->row(index).kind
                                                     : ExchangeModel::Kind::Question;
    if (event->matches(QKeySequence::Copy))
        return copyCurrent();
    if (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier)) {
        // Some keyboards type the brackets with AltGr, which arrives as Ctrl and Alt; the text
        // tells.
        if (event->text() != QStringLiteral("[") && event->text() != QStringLiteral("]"))
            return QListView::keyPressEvent(event);
    }
    if (event->text() == QStringLiteral("]"))
        return nextEvidence();
    if (event->text() == QStringLiteral("["))
        return previousEvidence();
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        if (kind == ExchangeModel::Kind::Failure)
            return follow(index, QStringLiteral("cite:retry"));
        if (kind == ExchangeModel::Kind::Earlier)
            return showEarlier();
        if (kind == ExchangeModel::Kind::Details)
            return follow(index, QStringLiteral("cite:expand"));
        return open(index);
    }
    const bool canExpand =
        kind == ExchangeModel::Kind::Evidence || kind == ExchangeModel::Kind::Details;
    if (event->key() == Qt::Key_Space && canExpand)
        return follow(index, QStringLiteral("cite:expand"));
    QListView::keyPressEvent(event);
}

QString ExchangeView::linkUnder(const QPoint& position) const {
    const QModelIndex index = indexAt(position);
    return index.isValid() ? m_delegate->linkAt(index, visualRect(index), position) : QString();
}

void ExchangeView::mouseMoveEvent(QMouseEvent* event) {
    const bool isLink = !linkUnder(event->position().toPoint()).isEmpty();
    viewport()->setCursor(isLink ? Qt::PointingHandCursor : Qt::ArrowCursor);
    QListView::mouseMoveEvent(event);
}

void ExchangeView::mousePressEvent(QMouseEvent* event) {
    m_pressed =
        event->button() == Qt::LeftButton ? linkUnder(event->position().toPoint()) : QString();
    QListView::mousePressEvent(event);
}

void ExchangeView::mouseReleaseEvent(QMouseEvent* event) {
    QListView::mouseReleaseEvent(event);
    const QPoint position = event->position().toPoint();
    const QString link = linkUnder(position);
    if (event->button() == Qt::LeftButton && !link.isEmpty() && link == m_pressed)
        follow(indexAt(position), link);
    m_pressed.clear();
}

QMenu* ExchangeView::menuFor(const QModelIndex& index) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const QPersistentModelIndex kept = index;
    if (m_exchanges->evidence(index)) {
        menu->addAction(tr("Open the page"), this, [this, kept] { open(kept); });
        menu->addAction(tr("Copy the quote with its reference"), this,
                        [this, kept] { copyQuote(kept); });
    }
    menu->addAction(tr("Copy the answer with references"), this,
                    [this, kept] { copyAnswer(kept.data(ExchangeModel::ExchangeRole).toInt()); });
    return menu;
}

void ExchangeView::contextMenuEvent(QContextMenuEvent* event) {
    const bool isByKey = event->reason() == QContextMenuEvent::Keyboard;
    const QModelIndex index = isByKey ? currentIndex() : indexAt(event->pos());
    if (!m_exchanges || !index.isValid() ||
        m_exchanges->row(index).kind == ExchangeModel::Kind::Earlier)
        return;
    menuFor(index)->popup(isByKey ? viewport()->mapToGlobal(visualRect(index).center())
                                  : event->globalPos());
}

void ExchangeView::resizeEvent(QResizeEvent* event) {
    QListView::resizeEvent(event);
    // Heights depend on the width, and only on it.
    if (event->size().width() != event->oldSize().width())
        scheduleDelayedItemsLayout();
}

void ExchangeView::changeEvent(QEvent* event) {
    QListView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        scheduleDelayedItemsLayout();
}

} // namespace ui
