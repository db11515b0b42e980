#include "ui/queue_row.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

#include "ui/elided_label.h"
#include "ui/icon_label.h"
#include "ui/icons.h"
#include "ui/plain_text.h"
#include "ui/queue_model.h"
#include "ui/thin_bar.h"

namespace ui {
namespace {

constexpr int kMargin = 7;
constexpr int kSpacing = 5;
constexpr int kBesideWords =
    110; ///< margins, icon and the button that takes a failure off the list

QFont titleFont(QFont font) {
    font.setWeight(QFont::DemiBold);
    return font;
}

QIcon iconOf(const QueueItem& item) {
    if (!item.failure.isEmpty())
        return icon("warning", QPalette::BrightText);
    return icon(item.isStill()  ? "pause"
                : item.progress ? "book"
                                : "clock",
                QPalette::PlaceholderText);
}

} // namespace

QueueRow::QueueRow(QWidget* parent)
    : QWidget(parent), m_icon(new IconLabel(QIcon(), 20, this)), m_title(new ElidedLabel(this)),
      m_status(new QLabel(this)), m_detail(new ElidedLabel(this)), m_bar(new ThinBar(this)),
      m_action(new QPushButton(this)) {
    m_title->setObjectName(QStringLiteral("queueTitle"));
    m_title->setFont(titleFont(font()));
    m_status->setObjectName(QStringLiteral("queueStatus"));
    m_status->setTextFormat(Qt::PlainText);
    m_status->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_detail->setObjectName(QStringLiteral("queueDetail"));
    m_detail->setForegroundRole(QPalette::PlaceholderText);
    m_detail->setAlignment(Qt::AlignRight | Qt::AlignTop);
    m_bar->setObjectName(QStringLiteral("queueBar"));
    m_action->setObjectName(QStringLiteral("queueAction"));
    connect(m_action, &QPushButton::clicked, this, &QueueRow::actionClicked);

    auto* numbers = new QHBoxLayout;
    numbers->addWidget(m_status, 1);
    numbers->addWidget(m_detail, 1);
    auto* words = new QVBoxLayout;
    words->setSpacing(kSpacing);
    words->addStretch(1);
    words->addWidget(m_title);
    words->addWidget(m_bar);
    words->addLayout(numbers);
    words->addStretch(1);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(kMargin + 4, kMargin, kMargin, kMargin);
    layout->setSpacing(10);
    layout->addWidget(m_icon);
    layout->addLayout(words, 1);
    layout->addWidget(m_action);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(2);
    layout->addLayout(buttons);
    m_pause = addButton("queuePause", "pause", &QueueRow::pauseClicked);
    m_up = addButton("queueUp", "up", &QueueRow::upClicked);
    m_down = addButton("queueDown", "down", &QueueRow::downClicked);
    m_cancel = addButton("queueCancel", "close", &QueueRow::cancelClicked);
    for (QToolButton* button : {m_pause, m_up, m_down, m_cancel})
        buttons->addWidget(button);
}

QToolButton* QueueRow::addButton(const char* name, const char* iconName,
                                 void (QueueRow::*clicked)()) {
    auto* button = new QToolButton(this);
    button->setObjectName(QString::fromLatin1(name));
    button->setIcon(icon(iconName));
    button->setIconSize(QSize(18, 18));
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::StrongFocus);
    connect(button, &QToolButton::clicked, this, clicked);
    return button;
}

void QueueRow::setItem(const QueueItem& item, bool isFirst, bool isLast) {
    const bool isFailed = !item.failure.isEmpty();
    m_icon->setIcon(iconOf(item));
    m_title->setText(item.title);
    m_status->setText(item.statusWords());
    m_status->setWordWrap(isFailed);
    m_status->setForegroundRole(isFailed ? QPalette::BrightText : QPalette::PlaceholderText);
    m_status->setToolTip(asPlainText(item.failure));
    m_detail->setText(item.detailWords());
    m_detail->setVisible(!isFailed);
    m_bar->setVisible(!isFailed);
    m_bar->setFraction(item.fraction());
    m_bar->setAccessibleName(tr("Progress of %1").arg(item.title));
    m_action->setVisible(isFailed && !item.action.isEmpty());
    m_action->setText(item.action);
    m_action->setAccessibleName(tr("%1: %2").arg(item.title, item.action));

    m_pause->setVisible(!isFailed);
    m_pause->setEnabled(!item.isHeld); // one file alone does not go on while the queue stands
    m_pause->setIcon(icon(item.isPaused ? "play" : "pause"));
    m_pause->setToolTip(item.isPaused ? tr("Go on reading") : tr("Pause"));
    m_pause->setAccessibleName(item.isPaused ? tr("Go on reading %1").arg(item.title)
                                             : tr("Pause %1").arg(item.title));
    m_up->setVisible(!isFailed);
    m_up->setEnabled(!isFirst);
    m_up->setToolTip(tr("Read earlier"));
    m_up->setAccessibleName(tr("Read %1 earlier").arg(item.title));
    m_down->setVisible(!isFailed);
    m_down->setEnabled(!isLast);
    m_down->setToolTip(tr("Read later"));
    m_down->setAccessibleName(tr("Read %1 later").arg(item.title));
    m_cancel->setToolTip(isFailed ? tr("Take off the list")
                                  : tr("Stop reading; what was read is kept"));
    m_cancel->setAccessibleName(isFailed ? tr("Take %1 off the list").arg(item.title)
                                         : tr("Stop reading %1").arg(item.title));
}

int QueueRow::heightFor(const QueueItem& item, const QFont& font, int width) {
    // Title, bar and one line; or title and a failure of two lines.
    const QFontMetrics metrics(font);
    const int title = QFontMetrics(titleFont(font)).height();
    const int usual = 2 * kMargin + 2 * kSpacing + title + 2 * metrics.lineSpacing();
    if (item.failure.isEmpty())
        return usual;
    const int beside =
        kBesideWords + (item.action.isEmpty() ? 0 : metrics.horizontalAdvance(item.action) + 48);
    const QRect words(0, 0, std::max(width - beside, 80), 10000);
    const int text = metrics.boundingRect(words, Qt::TextWordWrap, item.failure).height();
    return std::max(usual, 2 * kMargin + kSpacing + title + text + 4);
}

} // namespace ui
