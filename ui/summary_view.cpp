#include "ui/summary_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "ui/accessible.h"
#include "ui/exchange_model.h"
#include "ui/exchange_view.h"
#include "ui/plain_text.h"
#include "ui/summary_delegate.h"

namespace ui {
namespace {

QPushButton* button(const char* name, const QString& text, const QString& spoken, QWidget* parent) {
    auto* made = new QPushButton(text, parent);
    made->setObjectName(QLatin1String(name));
    made->setAccessibleName(spoken);
    made->setAutoDefault(false);
    return made;
}

} // namespace

SummaryView::SummaryView(QWidget* parent)
    : QWidget(parent), m_parts(new SummaryModel(this)), m_text(new ExchangeModel(this)) {
    auto* splitter = new QSplitter(Qt::Vertical, this);
    splitter->setObjectName(QStringLiteral("summarySplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(buildTop());
    splitter->addWidget(buildText());
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 3);
    splitter->setSizes({200, 300});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);

    connect(m_list->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        showText();
        if (currentChapter() >= 0)
            Q_EMIT chapterSelected(currentChapter());
    });
    connect(m_parts, &SummaryModel::dataChanged, this, &SummaryView::refresh);
    connect(m_make, &QPushButton::clicked, this, [this] {
        if (m_parts->making())
            Q_EMIT stopRequested();
        else if (currentChapter() >= 0)
            Q_EMIT makeRequested(currentChapter(), chosenLength(), chosenStyle());
    });
    connect(m_makeAll, &QPushButton::clicked, this,
            [this] { Q_EMIT makeAllRequested(chosenLength(), chosenStyle()); });
    connect(m_export, &QPushButton::clicked, this, &SummaryView::exportRequested);
    connect(m_textView, &ExchangeView::citationActivated, this, &SummaryView::citationActivated);
    setDocument({}, {});
}

QWidget* SummaryView::buildTop() {
    m_top = new QWidget(this);
    QWidget* top = m_top;
    m_list = new QListView(top);
    m_list->setObjectName(QStringLiteral("summaryParts"));
    m_list->setAccessibleName(tr("Parts of the document and their summaries"));
    m_list->setModel(m_parts);
    makeChosenCurrent(*m_list);
    m_list->setItemDelegate(new SummaryDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setTabKeyNavigation(false);

    m_length = new QComboBox(top);
    m_length->setObjectName(QStringLiteral("summaryLength"));
    nameChoice(*m_length, tr("Length of the summary"));
    m_length->addItems({tr("Short"), tr("Medium"), tr("Long")});
    const QStringList words{tr("about 100 words"), tr("about 300 words"), tr("about 1,000 words")};
    for (int i = 0; i < words.size(); ++i)
        m_length->setItemData(i, words[i], Qt::ToolTipRole);
    m_length->setCurrentIndex(static_cast<int>(Length::Medium));
    m_style = new QComboBox(top);
    m_style->setObjectName(QStringLiteral("summaryStyle"));
    nameChoice(*m_style, tr("Style of the summary"));
    m_style->addItems({tr("Prose"), tr("Points"), tr("Outline")});
    m_make = button("summaryMake", tr("Make"), tr("Make the summary of this part"), top);
    m_makeAll =
        button("summaryMakeAll", tr("Make all"), tr("Make the summaries of all parts"), top);
    m_export = button("summaryExport", tr("Export…"), tr("Export summaries"), top);
    m_reason = plainLabel("summaryReason", top);

    const int em = fontMetrics().height();
    auto* choices = new QHBoxLayout;
    choices->addWidget(m_length, 1);
    choices->addWidget(m_style, 1);
    auto* actions = new QHBoxLayout;
    actions->addWidget(m_make);
    actions->addWidget(m_makeAll);
    actions->addStretch(1);
    actions->addWidget(m_export);
    auto* controls = new QVBoxLayout;
    controls->setContentsMargins(em * 2 / 3, em / 3, em * 2 / 3, em / 2);
    controls->setSpacing(em / 3);
    controls->addWidget(m_reason);
    controls->addLayout(choices);
    controls->addLayout(actions);
    auto* layout = new QVBoxLayout(top);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_list, 1);
    layout->addLayout(controls);
    return top;
}

QWidget* SummaryView::buildText() {
    auto* bottom = new QWidget(this);
    bottom->setBackgroundRole(QPalette::Base);
    bottom->setAutoFillBackground(true);
    const int em = fontMetrics().height();
    m_heading = plainLabel("summaryHeading", bottom);
    QFont bold = m_heading->font();
    bold.setWeight(QFont::DemiBold);
    m_heading->setFont(bold);
    m_heading->setContentsMargins(em * 2 / 3, em / 2, em * 2 / 3, 0);
    m_hint = plainLabel("summaryHint", bottom);
    m_hint->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_hint->setContentsMargins(em * 2 / 3, em / 2, em * 2 / 3, em / 2);
    m_textView = new ExchangeView(bottom);
    m_textView->setObjectName(QStringLiteral("summaryText"));
    m_textView->setAccessibleName(tr("Summary and its sources"));
    m_textView->setExchanges(m_text);
    m_stack = new QStackedWidget(bottom);
    m_stack->addWidget(m_hint);
    m_stack->addWidget(m_textView);
    auto* layout = new QVBoxLayout(bottom);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_heading);
    layout->addWidget(m_stack, 1);
    return bottom;
}

void SummaryView::setDocument(const QString& title, std::vector<SummaryPart> parts) {
    m_title = title;
    m_summaries.clear();
    m_failures.clear();
    m_parts->setParts(std::move(parts));
    if (m_parts->rowCount() > 0)
        m_list->setCurrentIndex(m_parts->index(0, 0));
    refresh();
    showText();
}

void SummaryView::setCanMake(bool canMake, const QString& reason) {
    m_canMake = canMake;
    m_reason->setText(reason);
    refresh();
    showText();
}

void SummaryView::setProgress(int chapter, qint64 done, qint64 total) {
    m_failures.erase(chapter);
    m_parts->setProgress(chapter, done, total);
    if (chapter == currentChapter())
        showText();
}

void SummaryView::setFailed(int chapter, const QString& sentence) {
    m_failures[chapter] = sentence;
    m_parts->setState(chapter, SummaryPart::State::Failed);
    if (chapter == currentChapter())
        showText();
}

void SummaryView::setStopped(int chapter) {
    m_parts->setState(chapter, m_summaries.count(chapter) > 0 ? SummaryPart::State::Made
                                                              : SummaryPart::State::None);
    if (chapter == currentChapter())
        showText();
}

void SummaryView::setSummary(int chapter, const Exchange& summary, const QDateTime& madeOn) {
    m_summaries[chapter] = summary;
    m_failures.erase(chapter);
    m_parts->setMade(chapter, madeOn);
    if (chapter == currentChapter())
        showText();
}

void SummaryView::selectChapter(int chapter) {
    if (const QModelIndex index = m_parts->indexOf(chapter); index.isValid())
        m_list->setCurrentIndex(index);
}

SummaryView::Length SummaryView::chosenLength() const {
    return static_cast<Length>(m_length->currentIndex());
}

SummaryView::Style SummaryView::chosenStyle() const {
    return static_cast<Style>(m_style->currentIndex());
}

int SummaryView::currentChapter() const {
    const QModelIndex index = m_list->currentIndex();
    return index.isValid() ? index.data(SummaryModel::ChapterRole).toInt() : -1;
}

void SummaryView::refresh() {
    const bool hasParts = m_parts->rowCount() > 0;
    const SummaryPart* making = m_parts->making();
    const SummaryPart* current = m_parts->part(currentChapter());
    const bool isMade = current && current->state == SummaryPart::State::Made;
    m_top->setVisible(hasParts);
    m_reason->setVisible(!m_canMake && !m_reason->text().isEmpty());
    m_make->setText(making ? tr("Stop") : isMade ? tr("Make again") : tr("Make"));
    m_make->setAccessibleName(making   ? tr("Stop making summaries")
                              : isMade ? tr("Make the summary of this part again")
                                       : tr("Make the summary of this part"));
    m_make->setEnabled(making || (m_canMake && current));
    m_makeAll->setEnabled(m_canMake && hasParts && !making);
    m_export->setEnabled(m_parts->hasMade());
    m_length->setEnabled(m_canMake && hasParts);
    m_style->setEnabled(m_canMake && hasParts);
}

void SummaryView::showText() {
    const int chapter = currentChapter();
    const SummaryPart* part = m_parts->part(chapter);
    m_heading->setVisible(part != nullptr);
    m_heading->setText(part ? part->title : QString());
    const auto found = m_summaries.find(chapter);
    if (found != m_summaries.end()) {
        m_text->setExchanges({found->second});
        m_stack->setCurrentWidget(m_textView);
        return refresh();
    }
    m_text->clear();
    m_stack->setCurrentWidget(m_hint);
    if (m_title.isEmpty())
        m_hint->setText(tr("Open a document to summarise it."));
    else if (!part)
        m_hint->setText(tr("This document has no parts to summarise yet: its text is being read."));
    else if (const auto failure = m_failures.find(chapter); failure != m_failures.end())
        m_hint->setText(failure->second);
    else if (part->state == SummaryPart::State::Making)
        m_hint->setText(tr("The summary is being made. It is shown here when it is complete."));
    else if (part->state == SummaryPart::State::Made)
        m_hint->setText(tr("The summary is being fetched from the library."));
    else if (!m_canMake)
        m_hint->setText(tr("No summary was made of this part."));
    else
        m_hint->setText(tr("No summary yet. Choose a length and a style, then Make."));
    refresh();
}

void SummaryView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && m_parts->making()) {
        Q_EMIT stopRequested();
        return;
    }
    QWidget::keyPressEvent(event);
}

} // namespace ui
