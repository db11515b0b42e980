#include "ui/find_bar.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

#include "ui/accessible.h"
#include "ui/icons.h"

namespace ui {
namespace {

constexpr int kRestMs = 250;

QToolButton* button(const char* name, const char* picture, const QString& text, QWidget* parent) {
    auto* const made = new QToolButton(parent);
    made->setObjectName(QString::fromLatin1(name));
    made->setIcon(icon(picture));
    made->setToolTip(text);
    made->setAccessibleName(text);
    made->setAutoRaise(true);
    made->setFocusPolicy(Qt::TabFocus);
    return made;
}

} // namespace

FindBar::FindBar(QWidget* parent)
    : QWidget(parent), m_field(new QLineEdit(this)),
      m_exact(new QCheckBox(tr("&Exact words"), this)), m_count(new QLabel(this)),
      m_previous(button("findPrevious", "up", tr("Previous place"), this)),
      m_next(button("findNext", "down", tr("Next place"), this)) {
    setObjectName(QStringLiteral("findBar"));
    m_field->setObjectName(QStringLiteral("findField"));
    m_field->setAccessibleName(tr("Words to find in this document"));
    m_field->setPlaceholderText(tr("Find in this document"));
    m_field->setClearButtonEnabled(true);
    nameClearButton(*m_field, tr("Clear the words"));
    m_field->setAcceptDrops(false); // a file that is dropped here is meant for the window
    m_field->setMinimumWidth(160);
    m_field->setMaximumWidth(360);
    m_exact->setObjectName(QStringLiteral("findExact"));
    m_exact->setToolTip(tr("Only the words as they are written, without their other forms"));
    m_count->setObjectName(QStringLiteral("findCount"));
    m_count->setTextFormat(Qt::PlainText);
    QToolButton* const close = button("findClose", "close", tr("Close the find bar"), this);

    auto* const row = new QHBoxLayout(this);
    row->setContentsMargins(8, 4, 8, 4);
    row->setSpacing(6);
    row->addWidget(m_field, 1);
    row->addWidget(m_previous);
    row->addWidget(m_next);
    row->addWidget(m_count);
    row->addSpacing(8);
    row->addWidget(m_exact);
    row->addStretch(1);
    row->addWidget(close);

    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &FindBar::seek);
    connect(m_field, &QLineEdit::textChanged, this, [this] {
        m_count->clear();
        m_rest.start();
    });
    connect(m_exact, &QCheckBox::toggled, this, &FindBar::seek);
    connect(m_previous, &QToolButton::clicked, this, [this] { step(false); });
    connect(m_next, &QToolButton::clicked, this, [this] { step(true); });
    connect(close, &QToolButton::clicked, this, [this] {
        hide();
        Q_EMIT closed();
    });
    setCount(0, 0);
    m_count->clear();
    hide();
}

void FindBar::open() {
    const bool wasHidden = isHidden();
    show();
    m_field->setFocus(Qt::ShortcutFocusReason);
    m_field->selectAll();
    if (wasHidden && !m_field->text().isEmpty())
        seek();
}

void FindBar::setCount(int current, int total) {
    m_previous->setEnabled(total > 0);
    m_next->setEnabled(total > 0);
    m_count->setText(total > 0 ? tr("%1 of %2").arg(current).arg(total) : tr("Not found"));
}

QString FindBar::text() const {
    return m_field->text();
}

bool FindBar::isExact() const {
    return m_exact->isChecked();
}

void FindBar::seek() {
    m_rest.stop();
    m_count->setText(m_field->text().isEmpty() ? QString() : tr("Searching…"));
    m_previous->setEnabled(false);
    m_next->setEnabled(false);
    Q_EMIT findWanted(m_field->text(), m_exact->isChecked());
}

void FindBar::step(bool isForward) {
    if (m_rest.isActive())
        return seek();
    if (!m_next->isEnabled())
        return;
    if (isForward)
        Q_EMIT nextWanted();
    else
        Q_EMIT previousWanted();
}

void FindBar::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        hide();
        Q_EMIT closed();
    } else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) &&
               m_field->hasFocus()) {
        step(!event->modifiers().testFlag(Qt::ShiftModifier));
    } else {
        event->ignore();
    }
}

} // namespace ui
