#include "ui/queue_view.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QVBoxLayout>

#include "ui/icons.h"
#include "ui/queue_model.h"
#include "ui/queue_row.h"
#include "ui/thin_bar.h"

namespace ui {
namespace {

/// Rows are widgets; this paints what lies between and around them.
class QueueDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex&) const override {
        painter->setPen(option.palette.color(QPalette::Mid));
        painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
        if (option.state & QStyle::State_HasFocus) {
            painter->setPen(QPen(option.palette.color(QPalette::Highlight), 2));
            painter->drawRect(option.rect.adjusted(1, 1, -1, -2));
        }
    }

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const auto* model = static_cast<const QueueModel*>(index.model());
        const auto* list = static_cast<const QListView*>(option.widget);
        return {200, QueueRow::heightFor(model->itemAt(index.row()), option.font,
                                         list->viewport()->width())};
    }
};

} // namespace

QueueView::QueueView(QWidget* parent)
    : QWidget(parent), m_model(new QueueModel(this)), m_list(new QListView(this)),
      m_overall(new QLabel(this)), m_bar(new ThinBar(this)), m_pauseAll(new QPushButton(this)),
      m_later(new QTimer(this)) {
    setObjectName(QStringLiteral("queue"));
    m_overall->setObjectName(QStringLiteral("queueOverall"));
    m_bar->setObjectName(QStringLiteral("queueOverallBar"));
    m_bar->setAccessibleName(tr("Progress of the whole queue"));
    m_bar->setMaximumWidth(240);
    m_pauseAll->setObjectName(QStringLiteral("queuePauseAll"));
    connect(m_pauseAll, &QPushButton::clicked, this,
            [this] { Q_EMIT pauseAllRequested(!m_model->isPaused()); });

    m_list->setObjectName(QStringLiteral("queueList"));
    m_list->setAccessibleName(tr("Reading queue"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new QueueDelegate(m_list));
    m_list->setResizeMode(QListView::Adjust);
    m_list->setSelectionMode(QAbstractItemView::NoSelection);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setAcceptDrops(false);
    m_list->installEventFilter(this);
    m_list->viewport()->installEventFilter(this);

    auto* top = new QHBoxLayout;
    top->setSpacing(12);
    top->addWidget(m_overall);
    top->addWidget(m_bar, 1);
    top->addStretch(0);
    top->addWidget(m_pauseAll);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 6, 8, 8);
    layout->setSpacing(6);
    layout->addLayout(top);
    layout->addWidget(m_list, 1);

    // Ten thousand files may arrive one by one; they are shown once.
    m_later->setSingleShot(true);
    connect(m_later, &QTimer::timeout, this, [this] {
        updateRows();
        updateOverall();
    });
    connect(m_model, &QAbstractItemModel::dataChanged, this,
            [this](const QModelIndex& index, const QModelIndex& last) {
                m_later->start();
                if (index != last) // no row is another height for it
                    return;
                updateRow(index.row());
                if (m_list->visualRect(index).height() != m_list->sizeHintForIndex(index).height())
                    Q_EMIT m_list->itemDelegate()->sizeHintChanged(index);
            });
    for (const auto changed : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(m_model, changed, this, &QueueView::countChanged);
    connect(m_model, &QAbstractItemModel::rowsMoved, this, [this] { m_later->start(); });
    connect(m_list->verticalScrollBar(), &QScrollBar::valueChanged, this, &QueueView::updateRows);
    updateOverall();
}

void QueueView::addFile(const QString& key, const QString& title) {
    m_model->addFile(key, title);
}

void QueueView::setProgress(const QString& key, const engine::Progress& progress) {
    m_model->setProgress(key, progress);
}

void QueueView::setPaused(const QString& key, bool isPaused) {
    m_model->setPaused(key, isPaused);
}

void QueueView::setAllPaused(bool isPaused) {
    m_model->setAllPaused(isPaused);
}

void QueueView::setFailed(const QString& key, const QString& sentence, const QString& action) {
    m_model->setFailed(key, sentence, action);
}

void QueueView::setDone(const QString& key) {
    m_model->setDone(key);
}

void QueueView::removeFile(const QString& key) {
    m_model->removeFile(key);
}

void QueueView::moveFile(const QString& key, int row) {
    m_model->moveFile(key, row);
}

bool QueueView::isEmpty() const {
    return m_model->rowCount() == 0;
}

bool QueueView::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_list->viewport() &&
        (event->type() == QEvent::Resize || event->type() == QEvent::Show))
        updateRows();
    if (watched == m_list && event->type() == QEvent::KeyPress) {
        const auto* pressed = static_cast<QKeyEvent*>(event);
        if (keyPressed(pressed->key(), pressed->modifiers()))
            return true;
    }
    return QWidget::eventFilter(watched, event);
}

bool QueueView::keyPressed(int key, Qt::KeyboardModifiers modifiers) {
    const QModelIndex current = m_list->currentIndex();
    if (!current.isValid())
        return false;
    // A copy: who hears the signal may take the row away.
    const QueueItem item = m_model->itemAt(current.row());
    const bool isFailed = !item.failure.isEmpty();
    if (key == Qt::Key_Delete)
        Q_EMIT cancelRequested(item.key);
    else if (key == Qt::Key_Space && !isFailed && !item.isHeld)
        togglePause(item.key);
    else if ((key == Qt::Key_Return || key == Qt::Key_Enter) && !item.action.isEmpty())
        Q_EMIT actionRequested(item.key);
    else if (key == Qt::Key_Up && modifiers.testFlag(Qt::ControlModifier) && !isFailed)
        move(item.key, -1);
    else if (key == Qt::Key_Down && modifiers.testFlag(Qt::ControlModifier) && !isFailed)
        move(item.key, 1);
    else
        return false;
    return true;
}

/// Only what can be seen has widgets: a folder may bring ten thousand files.
void QueueView::updateRows() {
    const QRect seen = m_list->viewport()->rect();
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const QModelIndex index = m_model->index(row);
        const bool isSeen = m_list->visualRect(index).intersects(seen);
        if (isSeen && !m_list->indexWidget(index))
            m_list->setIndexWidget(index, makeRow(m_model->itemAt(row).key));
        else if (!isSeen && m_list->indexWidget(index))
            m_list->setIndexWidget(index, nullptr);
        if (isSeen)
            updateRow(row);
    }
}

void QueueView::updateRow(int row) {
    if (auto* widget = qobject_cast<QueueRow*>(m_list->indexWidget(m_model->index(row))))
        widget->setItem(m_model->itemAt(row), row == 0, row == m_model->rowCount() - 1);
}

void QueueView::updateOverall() {
    const bool isPaused = m_model->isPaused();
    m_overall->setText(m_model->overallWords());
    m_bar->setFraction(m_model->overallFraction());
    m_pauseAll->setText(isPaused ? tr("Go on with all") : tr("Pause all"));
    m_pauseAll->setIcon(icon(isPaused ? "play" : "pause"));
    m_pauseAll->setEnabled(m_model->failedCount() < m_model->rowCount());
}

void QueueView::countChanged() {
    m_later->start();
    if (isEmpty() != m_wasEmpty) {
        m_wasEmpty = isEmpty();
        Q_EMIT emptyChanged(m_wasEmpty);
    }
}

QueueRow* QueueView::makeRow(const QString& key) {
    auto* row = new QueueRow;
    connect(row, &QueueRow::pauseClicked, this, [this, key] { togglePause(key); });
    connect(row, &QueueRow::upClicked, this, [this, key] { move(key, -1); });
    connect(row, &QueueRow::downClicked, this, [this, key] { move(key, 1); });
    connect(row, &QueueRow::cancelClicked, this, [this, key] { Q_EMIT cancelRequested(key); });
    connect(row, &QueueRow::actionClicked, this, [this, key] { Q_EMIT actionRequested(key); });
    return row;
}

void QueueView::move(const QString& key, int by) {
    const int row = m_model->rowOf(key) + by;
    if (row >= 0 && row < m_model->rowCount())
        Q_EMIT moveRequested(key, row);
}

void QueueView::togglePause(const QString& key) {
    Q_EMIT pauseRequested(key, !m_model->itemAt(m_model->rowOf(key)).isPaused);
}

} // namespace ui
