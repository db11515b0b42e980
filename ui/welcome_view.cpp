#include "ui/welcome_view.h"

#include <QBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

#include "ui/icons.h"

namespace ui {

WelcomeView::WelcomeView(QWidget* parent)
    : QWidget(parent), m_title(new QLabel(this)), m_hint(new QLabel(this)),
      m_add(new QPushButton(icon("add"), tr("&Add Files…"), this)),
      m_sample(new QPushButton(icon("book"), tr("&Read the Sample Book"), this)) {
    setObjectName(QStringLiteral("welcome"));
    auto* picture = new QLabel(this);
    picture->setPixmap(applicationIcon().pixmap(96, 96));
    picture->setAlignment(Qt::AlignCenter);
    m_title->setObjectName(QStringLiteral("welcomeTitle"));
    m_hint->setObjectName(QStringLiteral("hint"));
    for (QLabel* label : {m_title, m_hint}) {
        label->setTextFormat(Qt::PlainText);
        label->setAlignment(Qt::AlignCenter);
        label->setWordWrap(true);
    }
    m_hint->setMaximumWidth(520);
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.6);
    m_title->setFont(large);
    m_add->setObjectName(QStringLiteral("welcomeAdd"));
    m_add->setDefault(true);
    m_sample->setObjectName(QStringLiteral("welcomeSample"));
    connect(m_add, &QPushButton::clicked, this, &WelcomeView::addFilesRequested);
    connect(m_sample, &QPushButton::clicked, this, &WelcomeView::sampleBookRequested);

    auto* buttons = new QVBoxLayout;
    buttons->addWidget(m_add, 0, Qt::AlignHCenter);
    buttons->addWidget(m_sample, 0, Qt::AlignHCenter);
    auto* middle = new QHBoxLayout;
    middle->addStretch();
    middle->addWidget(m_hint, 10);
    middle->addStretch();
    auto* column = new QVBoxLayout(this);
    column->setSpacing(16);
    column->setContentsMargins(48, 48, 48, 48);
    column->addStretch(2);
    column->addWidget(picture);
    column->addWidget(m_title);
    column->addLayout(middle);
    column->addLayout(buttons);
    column->addStretch(3);
    refresh();
}

void WelcomeView::refresh() {
    m_title->setText(!m_trouble.isEmpty() ? tr("The library cannot be opened")
                     : m_isDropping       ? tr("Drop to read")
                     : m_hasDocuments     ? tr("Choose a document in the library")
                                          : tr("Drop a book here to read it"));
    m_hint->setText(
        !m_trouble.isEmpty() ? m_trouble
        : m_hasDocuments
            ? tr("Or drop more files anywhere in the window: PDF, EPUB, text or Markdown.")
            : tr("PDF, EPUB, text or Markdown, one file or a whole folder. Infolio reads every "
                 "page, and answers with quotes that you can check. Nothing leaves this "
                 "computer."));
    m_add->setVisible(m_trouble.isEmpty());
    m_sample->setVisible(m_trouble.isEmpty() && m_hasSampleBook && !m_hasDocuments);
    update();
}

void WelcomeView::setHasDocuments(bool hasDocuments) {
    m_hasDocuments = hasDocuments;
    refresh();
}

void WelcomeView::setTrouble(const QString& sentence) {
    m_trouble = sentence;
    refresh();
}

void WelcomeView::setHasSampleBook(bool hasSampleBook) {
    m_hasSampleBook = hasSampleBook;
    refresh();
}

void WelcomeView::setDropping(bool isDropping) {
    m_isDropping = isDropping;
    refresh();
}

void WelcomeView::paintEvent(QPaintEvent* event) {
    QWidget::paintEvent(event);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPen pen(palette().color(m_isDropping ? QPalette::Highlight : QPalette::Mid),
             m_isDropping ? 3 : 1.5, Qt::DashLine);
    painter.setPen(pen);
    painter.drawRoundedRect(QRectF(rect()).adjusted(24, 24, -24, -24), 12, 12);
}

} // namespace ui
