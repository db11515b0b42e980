#include "ui/ask_view.h"

#include <QAccessible>
#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTextBlock>
#include <QVBoxLayout>

#include <algorithm>

#include "ui/bound_chip.h"
#include "ui/exchange_view.h"
#include "ui/plain_text.h"

namespace ui {
namespace {

constexpr int kMostLines = 6;
constexpr int kMostExamples = 3;

/// Example questions are longer than a button is wide: a button whose text wraps is a label inside
/// one.
QPushButton* exampleButton(const QString& question, QWidget* parent) {
    auto* button = new QPushButton(parent);
    button->setObjectName(QStringLiteral("example"));
    button->setAccessibleName(AskView::tr("Ask: %1").arg(question));
    button->setAutoDefault(false);
    auto* label = plainLabel("exampleText", button);
    label->setText(question);
    label->setAttribute(Qt::WA_TransparentForMouseEvents);
    label->setForegroundRole(QPalette::ButtonText);
    auto* layout = new QVBoxLayout(button);
    layout->addWidget(label);
    const int em = button->fontMetrics().height();
    layout->setContentsMargins(em / 2, em / 3, em / 2, em / 3);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    button->setSizePolicy(policy);
    return button;
}

} // namespace

AskView::AskView(QWidget* parent)
    : QWidget(parent), m_exchanges(new ExchangeModel(this)), m_list(new ExchangeView(this)),
      m_stack(new QStackedWidget(this)), m_alert(plainLabel("askAlert", this)) {
    m_list->setObjectName(QStringLiteral("exchanges"));
    m_list->setAccessibleName(tr("Questions and answers"));
    m_list->setAccessibleDescription(
        tr("The bracket keys go to the next and previous evidence, Enter opens it."));
    m_list->setExchanges(m_exchanges);
    // An alert needs an object that a screen reader knows, hence a label of no size rather than a
    // hidden one.
    m_alert->setFixedSize(0, 0);
    buildEmptyState();
    buildComposer();
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_list);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_composer);

    connect(m_exchanges, &ExchangeModel::runningChanged, this, &AskView::refresh);
    connect(m_exchanges, &ExchangeModel::rowsInserted, this, &AskView::refresh);
    connect(m_exchanges, &ExchangeModel::modelReset, this, &AskView::refresh);
    connect(m_exchanges, &ExchangeModel::spoken, this, &AskView::announce);
    connect(m_list, &ExchangeView::citationActivated, this, &AskView::citationActivated);
    connect(m_list, &ExchangeView::retryRequested, this,
            [this](const QString& question) { Q_EMIT asked(question, m_bound->bound()); });
    setScope({});
}

void AskView::buildEmptyState() {
    auto* area = new QScrollArea(this);
    area->setObjectName(QStringLiteral("askEmpty"));
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setFocusPolicy(Qt::NoFocus);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* content = new QWidget(area);
    content->setBackgroundRole(QPalette::Base);
    content->setAutoFillBackground(true);
    m_emptyTitle = plainLabel("askEmptyTitle", content);
    QFont bold = m_emptyTitle->font();
    bold.setWeight(QFont::DemiBold);
    m_emptyTitle->setFont(bold);
    m_emptyText = plainLabel("askEmptyText", content);
    m_emptyText->setMargin(2); // an Ö is higher than the line
    m_examples = new QVBoxLayout;
    auto* layout = new QVBoxLayout(content);
    const int em = fontMetrics().height();
    layout->setContentsMargins(em, em, em, em);
    layout->setSpacing(em / 2);
    layout->addStretch(1);
    layout->addWidget(m_emptyTitle);
    layout->addWidget(m_emptyText);
    layout->addSpacing(em / 2);
    layout->addLayout(m_examples);
    layout->addStretch(2);
    area->setWidget(content);
    m_empty = area;
}

void AskView::buildNoModel() {
    m_noModel = new QFrame(m_composer);
    m_noModel->setObjectName(QStringLiteral("noModel"));
    m_noModel->setFrameShape(QFrame::StyledPanel);
    m_noModelText = plainLabel("noModelText", m_noModel);
    auto* choose = new QPushButton(tr("Choose a model…"), m_noModel);
    choose->setObjectName(QStringLiteral("chooseModel"));
    choose->setAccessibleName(tr("Choose a model file"));
    choose->setAutoDefault(false);
    auto* noModelLayout = new QVBoxLayout(m_noModel);
    noModelLayout->addWidget(m_noModelText);
    noModelLayout->addWidget(choose, 0, Qt::AlignLeft);
    m_noModel->hide();
    connect(choose, &QPushButton::clicked, this, &AskView::modelRequested);
}

void AskView::buildComposer() {
    m_composer = new QWidget(this);
    buildNoModel();
    m_scope = plainLabel("scope", m_composer);
    m_change = new QPushButton(tr("Change…"), m_composer);
    m_change->setObjectName(QStringLiteral("changeScope"));
    m_change->setAccessibleName(tr("Change which documents are asked"));
    m_change->setAutoDefault(false);
    m_readSoFar = plainLabel("readSoFar", m_composer);
    m_question = new QPlainTextEdit(m_composer);
    m_question->setObjectName(QStringLiteral("question"));
    m_question->setAccessibleName(tr("Question"));
    m_question->setAccessibleDescription(
        tr("Return asks, Shift and Return begin a new line, Escape stops an answer."));
    m_question->setTabChangesFocus(true);
    // A file that is dropped here is meant for the window.
    m_question->setAcceptDrops(false);
    m_question->installEventFilter(this);
    // Made in the order in which they are read: that is also the order of the Tab key.
    m_bound = new BoundChip(m_composer);
    m_bound->setObjectName(QStringLiteral("bound"));
    m_send = new QPushButton(m_composer);
    m_send->setObjectName(QStringLiteral("send"));
    m_send->setAutoDefault(false);

    auto* scopeRow = new QHBoxLayout;
    scopeRow->addWidget(m_scope, 1);
    scopeRow->addWidget(m_change, 0, Qt::AlignTop);
    auto* sendRow = new QHBoxLayout;
    sendRow->addWidget(m_bound);
    sendRow->addStretch(1);
    sendRow->addWidget(m_send);
    auto* layout = new QVBoxLayout(m_composer);
    const int em = fontMetrics().height();
    layout->setContentsMargins(em * 2 / 3, em / 2, em * 2 / 3, em * 2 / 3);
    layout->setSpacing(em / 2);
    layout->addWidget(m_noModel);
    layout->addLayout(scopeRow);
    layout->addWidget(m_readSoFar);
    layout->addWidget(m_question);
    layout->addLayout(sendRow);
    m_readSoFar->hide();

    connect(m_change, &QPushButton::clicked, this, &AskView::scopeChangeRequested);
    connect(m_send, &QPushButton::clicked, this, [this] {
        if (isRunning())
            Q_EMIT stopRequested();
        else
            send();
    });
    connect(m_question, &QPlainTextEdit::textChanged, this, [this] {
        fitQuestion();
        refresh();
        Q_EMIT draftChanged(m_question->toPlainText());
    });
    fitQuestion();
}

void AskView::setScope(const QStringList& titles) {
    m_titles.clear();
    for (const QString& title : titles)
        m_titles += shownLine(title.toStdString());
    if (m_titles.isEmpty())
        m_scope->setText(tr("No document is chosen."));
    else if (m_titles.size() == 1)
        m_scope->setText(tr("Asking %1").arg(m_titles[0]));
    else if (m_titles.size() == 2)
        m_scope->setText(tr("Asking %1 and %2").arg(m_titles[0], m_titles[1]));
    else
        m_scope->setText(
            tr("Asking %Ln document(s): %1, …", nullptr, static_cast<int>(m_titles.size()))
                .arg(m_titles[0]));
    m_bound->setAvailable(m_titles.size() <= 1);
    m_bound->setVisible(!m_titles.isEmpty());
    m_readSoFar->hide();
    refresh();
}

void AskView::setExamples(const QStringList& questions) {
    while (QLayoutItem* item = m_examples->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const QString& question :
         questions.first(std::min<qsizetype>(questions.size(), kMostExamples))) {
        auto* button = exampleButton(question, m_empty);
        connect(button, &QPushButton::clicked, this, [this, question] {
            setDraft(question);
            send();
        });
        m_examples->addWidget(button);
    }
}

void AskView::setReadSoFar(int read, int total, bool isLocation) {
    const bool isHalf = total > 0 && read < total;
    const QString sentence =
        isLocation ? tr("Read up to loc. %1 of %2 so far; an answer rests on that part.")
                   : tr("Read up to page %1 of %2 so far; an answer rests on these pages.");
    m_readSoFar->setText(
        read > 0 ? sentence.arg(QLocale().toString(read), QLocale().toString(total))
                 : tr("Not read yet: there is evidence to find, but no memory to ask."));
    m_readSoFar->setVisible(isHalf && m_titles.size() == 1);
}

void AskView::setNoModel(const QString& missingFile) {
    setModelTrouble(
        missingFile.isEmpty()
            ? tr("Answers need a model, and none was found. Evidence can be found without one.")
            : tr("Answers need a model, and %1 is missing. Evidence can be found without one.")
                  .arg(missingFile));
}

void AskView::setModelTrouble(const QString& sentence) {
    m_hasModel = false;
    m_noModelText->setText(sentence);
    m_noModel->show();
    refresh();
}

void AskView::setHasModel() {
    m_hasModel = true;
    m_noModel->hide();
    refresh();
}

int AskView::begin(const QString& question) {
    if (m_question->toPlainText().trimmed() == question.trimmed())
        m_question->clear();
    return m_exchanges->begin(question, m_bound->boundText());
}

QString AskView::draft() const {
    return m_question->toPlainText();
}

void AskView::setDraft(const QString& text) {
    m_question->setPlainText(text);
    m_question->moveCursor(QTextCursor::End);
}

void AskView::focusQuestion() {
    m_question->setFocus(Qt::ShortcutFocusReason);
}

void AskView::nextEvidence() {
    m_list->nextEvidence();
}

void AskView::previousEvidence() {
    m_list->previousEvidence();
}

void AskView::openEvidence() {
    m_list->openCurrent();
}

void AskView::send() {
    const QString question = m_question->toPlainText().trimmed();
    if (!question.isEmpty() && !m_titles.isEmpty() && !isRunning())
        Q_EMIT asked(question, m_bound->bound());
}

void AskView::refresh() {
    const bool hasText = !m_question->toPlainText().trimmed().isEmpty();
    m_stack->setCurrentWidget(m_exchanges->rowCount() > 0 ? static_cast<QWidget*>(m_list)
                                                          : m_empty);
    if (m_titles.isEmpty()) {
        m_emptyTitle->setText(tr("Ask about a document"));
        m_emptyText->setText(tr("Open a book or a long document, or choose what to ask below."));
    } else {
        m_emptyTitle->setText(m_titles.size() == 1 ? tr("Ask about %1").arg(m_titles[0])
                                                   : tr("Ask about %Ln document(s)", nullptr,
                                                        static_cast<int>(m_titles.size())));
        m_emptyText->setText(
            m_hasModel ? tr("Every answer comes with quotes that you can open and check.")
                       : tr("Passages that fit your question are shown as quotes to open."));
    }
    m_question->setPlaceholderText(m_hasModel ? tr("Ask a question")
                                              : tr("What are you looking for?"));
    const bool runs = isRunning();
    m_send->setText(runs ? tr("Stop") : m_hasModel ? tr("Ask") : tr("Find evidence"));
    m_send->setAccessibleName(runs ? tr("Stop the answer") : m_send->text());
    m_send->setToolTip(runs ? tr("Stop the answer (Esc)") : tr("Send the question (Return)"));
    m_send->setEnabled(runs || (hasText && !m_titles.isEmpty()));
}

void AskView::fitQuestion() {
    // Grows with the text, then scrolls.
    int lines = 0;
    for (QTextBlock block = m_question->document()->begin(); block.isValid(); block = block.next())
        lines += std::max(block.layout() ? block.layout()->lineCount() : 1, 1);
    lines = std::clamp(lines, 2, kMostLines);
    const int frame = 2 * m_question->frameWidth();
    const int margin = qRound(2 * m_question->document()->documentMargin());
    m_question->setFixedHeight(lines * m_question->fontMetrics().lineSpacing() + frame + margin);
}

void AskView::announce(const QString& sentence) {
    m_alert->setAccessibleName(sentence);
    QAccessibleEvent event(m_alert, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

bool AskView::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_question && event->type() == QEvent::Resize)
        fitQuestion();
    if (watched == m_question && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool isReturn = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (isReturn && !(key->modifiers() & Qt::ShiftModifier)) {
            send();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void AskView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && isRunning()) {
        Q_EMIT stopRequested();
        return;
    }
    QWidget::keyPressEvent(event);
}

void AskView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        fitQuestion();
}

} // namespace ui
