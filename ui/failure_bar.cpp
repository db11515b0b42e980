#include "ui/failure_bar.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "ui/icon_label.h"
#include "ui/icons.h"

namespace ui {
namespace {

constexpr int kIconSide = 20;

} // namespace

FailureBar::FailureBar(QWidget* parent)
    : QWidget(parent), m_sentence(new QLabel(this)), m_password(new QLineEdit(this)),
      m_action(new QPushButton(this)) {
    setObjectName(QStringLiteral("failureBar"));
    m_sentence->setObjectName(QStringLiteral("failureSentence"));
    m_sentence->setTextFormat(Qt::PlainText);
    m_sentence->setWordWrap(true);
    m_password->setObjectName(QStringLiteral("failurePassword"));
    m_password->setAccessibleName(tr("Password of this document"));
    m_password->setPlaceholderText(tr("Password"));
    m_password->setEchoMode(QLineEdit::Password);
    m_password->setAcceptDrops(false); // a file that is dropped here is meant for the window
    m_action->setObjectName(QStringLiteral("failureAction"));
    m_action->setText(tr("Try Again"));
    m_action->setAutoDefault(false);

    auto* const row = new QHBoxLayout(this);
    row->setContentsMargins(8, 4, 8, 4);
    row->setSpacing(8);
    row->addWidget(new IconLabel(icon("warning", QPalette::BrightText), kIconSide, this));
    row->addWidget(m_sentence, 1);
    row->addWidget(m_password);
    row->addWidget(m_action);
    connect(m_password, &QLineEdit::returnPressed, this, &FailureBar::act);
    connect(m_action, &QPushButton::clicked, this, &FailureBar::act);
    hide();
}

void FailureBar::setFailure(const QString& sentence, Way way) {
    const bool isKnown = !isHidden() && m_sentence->text() == sentence;
    m_sentence->setText(sentence);
    setAccessibleName(sentence);
    m_way = way;
    m_password->setVisible(way == Way::Password);
    m_action->setText(way == Way::Password    ? tr("Show the Pages")
                      : way == Way::ReadAgain ? tr("Read Again")
                                              : tr("Try Again"));
    show();
    if (isKnown)
        return; // one announcement for all pages that fail in the same way
    QAccessibleEvent event(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

void FailureBar::editPassword() {
    m_password->setFocus();
}

void FailureBar::act() {
    if (m_way == Way::TryAgain) {
        Q_EMIT tryAgainWanted();
        return;
    }
    if (m_way == Way::ReadAgain) {
        Q_EMIT readAgainWanted();
        return;
    }
    const QString password = m_password->text();
    if (password.isEmpty())
        return editPassword();
    m_password->clear();
    Q_EMIT passwordGiven(password);
}

} // namespace ui
