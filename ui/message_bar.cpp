#include "ui/message_bar.h"

#include <QAccessible>
#include <QApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>

#include <algorithm>

namespace ui {

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent), m_sentence(new QLabel(this)), m_waiting(new QLabel(this)),
      m_action(new QPushButton(this)), m_close(new QToolButton(this)), m_timer(new QTimer(this)) {
    m_sentence->setObjectName(QStringLiteral("messageSentence"));
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setWordWrap(true);
    m_waiting->setObjectName(QStringLiteral("messageWaiting"));
    m_waiting->setTextFormat(Qt::PlainText);
    m_action->setObjectName(QStringLiteral("messageAction"));
    m_action->setAutoDefault(true);
    m_close->setObjectName(QStringLiteral("messageClose"));
    m_close->setText(QStringLiteral("✕"));
    m_close->setAccessibleName(tr("Close this message"));
    m_close->setToolTip(tr("Close this message (Esc)"));
    m_close->setAutoRaise(true);
    // By Tab only: a click must not take the focus from the text that somebody is writing, nor keep
    // the next message on the screen.
    m_action->setFocusPolicy(Qt::TabFocus);
    m_close->setFocusPolicy(Qt::TabFocus);
    auto* layout = new QHBoxLayout(this);
    const int em = fontMetrics().height();
    layout->setContentsMargins(em * 5 / 2, em / 3, em / 3, em / 3);
    layout->setSpacing(em / 2);
    layout->addWidget(m_sentence, 1);
    layout->addWidget(m_waiting);
    layout->addWidget(m_action);
    layout->addWidget(m_close);
    m_timer->setSingleShot(true);
    m_timer->setObjectName(QStringLiteral("messageTimer"));
    connect(m_timer, &QTimer::timeout, this, &MessageBar::dismissFirst);
    connect(m_close, &QToolButton::clicked, this, &MessageBar::dismissFirst);
    connect(m_action, &QPushButton::clicked, this, [this] {
        if (m_queue.empty())
            return;
        const int number = m_queue.front().number;
        dropFirst();
        Q_EMIT actionTriggered(number);
    });
    // A message must not go away under the hand of somebody who came to it by keyboard.
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* to) {
        if (!isVisible())
            return;
        if (to && isAncestorOf(to))
            m_timer->stop();
        else
            startTimer();
    });
    hide();
}

int MessageBar::post(Kind kind, const QString& sentence, const QString& action, int timeoutMs) {
    m_queue.push_back({m_next, kind, sentence, action, timeoutMs});
    if (m_queue.size() == 1)
        showFirst();
    else
        m_waiting->setText(tr("%1 more").arg(m_queue.size() - 1));
    m_waiting->setVisible(m_queue.size() > 1);
    return m_next++;
}

void MessageBar::withdraw(int message) {
    const auto found = std::find_if(m_queue.begin(), m_queue.end(),
                                    [message](const Message& m) { return m.number == message; });
    if (found == m_queue.end())
        return;
    if (found == m_queue.begin())
        return dropFirst();
    m_queue.erase(found);
    m_waiting->setText(tr("%1 more").arg(m_queue.size() - 1));
    m_waiting->setVisible(m_queue.size() > 1);
}

void MessageBar::showFirst() {
    const Message& message = m_queue.front();
    m_sentence->setText(message.sentence);
    m_action->setText(message.action);
    m_action->setAccessibleName(message.action);
    m_action->setVisible(!message.action.isEmpty());
    m_waiting->setText(tr("%1 more").arg(m_queue.size() - 1));
    m_waiting->setVisible(m_queue.size() > 1);
    setAccessibleName(message.kind == Kind::Failure ? tr("Failed: %1").arg(message.sentence)
                                                    : message.sentence);
    show();
    update();
    QAccessibleEvent event(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
    startTimer();
}

void MessageBar::startTimer() {
    m_timer->stop();
    if (!m_queue.empty() && m_queue.front().timeoutMs > 0 && !underMouse() &&
        !isAncestorOf(QApplication::focusWidget()))
        m_timer->start(m_queue.front().timeoutMs);
}

void MessageBar::dropFirst() {
    m_timer->stop();
    m_queue.pop_front();
    if (m_queue.empty())
        hide();
    else
        showFirst();
}

void MessageBar::dismissFirst() {
    if (m_queue.empty())
        return;
    const int number = m_queue.front().number;
    dropFirst();
    Q_EMIT dismissed(number);
}

void MessageBar::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape)
        return dismissFirst();
    QFrame::keyPressEvent(event);
}

void MessageBar::enterEvent(QEnterEvent* event) {
    m_timer->stop();
    QFrame::enterEvent(event);
}

void MessageBar::leaveEvent(QEvent* event) {
    QFrame::leaveEvent(event);
    startTimer();
}

void MessageBar::paintEvent(QPaintEvent*) {
    if (m_queue.empty())
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor text = palette().color(QPalette::WindowText);
    painter.fillRect(rect(), palette().color(QPalette::AlternateBase));
    QColor edge = text;
    edge.setAlphaF(0.25F);
    painter.fillRect(QRect(0, 0, width(), 1), edge);
    // The two kinds differ by the shape of their mark: a triangle warns, a disc informs.
    const double side = fontMetrics().height();
    const QRectF mark(side * 0.9, (height() - side) / 2, side, side);
    const bool isFailure = m_queue.front().kind == Kind::Failure;
    painter.setPen(Qt::NoPen);
    painter.setBrush(isFailure ? text : palette().color(QPalette::Highlight));
    if (isFailure)
        painter.drawPolygon(
            QPolygonF({QPointF(mark.center().x(), mark.top()), QPointF(mark.right(), mark.bottom()),
                       QPointF(mark.left(), mark.bottom())}));
    else
        painter.drawEllipse(mark);
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.setPen(palette().color(isFailure ? QPalette::Window : QPalette::HighlightedText));
    painter.drawText(isFailure ? mark.translated(0, side * 0.12) : mark, Qt::AlignCenter,
                     isFailure ? QStringLiteral("!") : QStringLiteral("i"));
}

} // namespace ui
