#include "ui/hit_view.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <iterator>
#include <utility>

#include "ui/hit_delegate.h"
#include "ui/hit_model.h"
#include "ui/plain_text.h"

namespace ui {
namespace {

constexpr int kRestMs = 250;
constexpr int kSentenceMargin = 16;

/// Marks alone are found nowhere, whatever stands in the books.
bool hasWord(const QString& words) {
    const QList<uint> characters = words.toUcs4();
    return std::ranges::any_of(characters,
                               [](uint character) { return QChar::isLetterOrNumber(character); });
}

} // namespace

HitView::HitView(QWidget* parent)
    : QWidget(parent), m_model(new HitModel(this)), m_heading(plainLabel("hitHeading", this)),
      m_pages(new QStackedWidget(this)), m_list(new QListView(this)),
      m_sentence(plainLabel("hitSentence", this)), m_rest(this) {
    setObjectName(QStringLiteral("hits"));
    m_list->setObjectName(QStringLiteral("hitList"));
    m_list->setAccessibleName(tr("Places in the text of the documents"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new HitDelegate(m_list));
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setResizeMode(QListView::Adjust);
    m_list->setTabKeyNavigation(false);
    m_list->setMouseTracking(true);
    m_list->setAcceptDrops(false);
    m_list->installEventFilter(this);
    // In the place of the list, so it has the list's frame and background.
    m_sentence->setFrameShape(QFrame::StyledPanel);
    m_sentence->setBackgroundRole(QPalette::Base);
    m_sentence->setAutoFillBackground(true);
    m_sentence->setAlignment(Qt::AlignCenter);
    m_sentence->setMargin(kSentenceMargin);
    m_pages->addWidget(m_list);
    m_pages->addWidget(m_sentence);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_heading);
    layout->addWidget(m_pages, 1);

    m_rest.setObjectName(QStringLiteral("hitRest"));
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &HitView::seek);
    connect(m_list, &QAbstractItemView::clicked, this, &HitView::activate);
    connect(m_model, &QAbstractItemModel::modelAboutToBeReset, this, [this] {
        const QModelIndex current = m_list->currentIndex();
        const Hit* hit = current.isValid() ? m_model->hit(current) : nullptr;
        m_keptBegin = hit == nullptr ? -1 : hit->range.begin;
        m_keptDocument = hit == nullptr ? engine::DocumentId() : hit->document;
    });
    connect(m_model, &QAbstractItemModel::modelReset, this, &HitView::restoreCurrent);
    connect(m_model, &QAbstractItemModel::rowsInserted, this, &HitView::restoreCurrent);
    hide();
}

void HitView::setWords(const QString& words) {
    if (words == m_words)
        return;
    m_words = words;
    Q_EMIT stopWanted();
    m_model->clear();
    m_keptBegin = -1;
    m_pages->setCurrentWidget(m_list);
    m_heading->setText(tr("Searching the text…"));
    setVisible(!words.isEmpty());
    if (words.isEmpty())
        m_rest.stop();
    else
        m_rest.start();
}

void HitView::setDocuments(std::vector<engine::DocumentId> documents, const QString& collection) {
    std::ranges::sort(documents);
    const auto before = std::exchange(m_documents, std::move(documents));
    const bool isOther = std::exchange(m_collection, collection) != collection;
    // The search that follows the rest is through these documents anyway.
    if (m_words.isEmpty() || m_rest.isActive() || (!isOther && m_documents == before))
        return;
    m_model->keepOnly(m_documents);
    if (isOther || m_hasFailed || !std::ranges::includes(m_documents, before))
        return seek();
    std::vector<engine::DocumentId> added;
    std::ranges::set_difference(m_documents, before, std::back_inserter(added));
    if (hasWord(m_words))
        Q_EMIT addedWanted(added);
}

void HitView::seek() {
    m_hasFailed = false;
    if (!hasWord(m_words)) {
        m_heading->setText(tr("In the text"));
        return showSentence(
            tr("“%1” has no word to look for: type a letter or a number.").arg(m_words));
    }
    m_model->beginAnew();
    Q_EMIT searchWanted(m_words,
                        m_collection.isEmpty() ? std::vector<engine::DocumentId>() : m_documents);
}

void HitView::add(const engine::SearchHit& found) {
    m_pages->setCurrentWidget(m_list);
    m_model->add(found);
}

void HitView::finish(bool isCut) {
    m_model->finish();
    m_keptBegin = -1;
    const int count = m_model->documentCount();
    if (count == 0) {
        m_heading->setText(tr("In the text"));
        return showSentence(m_collection.isEmpty()
                                ? tr("No passage has all of these words. Take fewer of them, "
                                     "or others.")
                                : tr("No passage of this collection has all of these words. "
                                     "Take fewer of them, or search all documents."));
    }
    const QString heading = isCut ? tr("In the text of %Ln document(s), and there are more places: "
                                       "another word leaves fewer.",
                                       nullptr, count)
                                  : tr("In the text of %Ln document(s)", nullptr, count);
    // While many files are read, a search ends with each of them.
    if (heading == m_heading->text())
        return;
    m_heading->setText(heading);
    announce(m_heading);
}

void HitView::setFailed(const QString& sentence) {
    m_hasFailed = true;
    m_model->clear();
    m_heading->setText(tr("In the text"));
    showSentence(sentence);
}

void HitView::setAllOf(const engine::DocumentId& document,
                       const std::vector<engine::SearchHit>& found, bool isCut) {
    const QModelIndex asked = m_list->currentIndex();
    const bool wasAsked =
        asked.isValid() && m_model->hit(asked) == nullptr && m_model->document(asked) == document;
    m_model->setAllOf(document, found, isCut);
    // On with the first that was not shown.
    if (const QModelIndex next = m_model->rowOf(document, HitModel::kShown);
        wasAsked && next.isValid())
        m_list->setCurrentIndex(next);
}

void HitView::showSentence(const QString& sentence) {
    if (m_pages->currentWidget() == m_sentence && m_sentence->text() == sentence)
        return;
    const bool hadKeyboard = m_list->hasFocus();
    m_sentence->setText(sentence);
    m_pages->setCurrentWidget(m_sentence);
    if (hadKeyboard)
        Q_EMIT left();
    announce(m_sentence);
}

void HitView::announce(QLabel* label) {
    QAccessibleEvent event(label, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

void HitView::restoreCurrent() {
    if (m_keptBegin < 0)
        return;
    for (int place = 0;; ++place) {
        const QModelIndex row = m_model->rowOf(m_keptDocument, place);
        const Hit* hit = row.isValid() ? m_model->hit(row) : nullptr;
        if (hit == nullptr)
            return;
        if (hit->range.begin == m_keptBegin) {
            m_keptBegin = -1;
            return m_list->setCurrentIndex(row);
        }
    }
}

bool HitView::enter() {
    if (!isVisible() || m_model->rowCount() == 0)
        return false;
    if (!m_list->currentIndex().isValid())
        m_list->setCurrentIndex(m_model->index(0));
    m_list->setFocus();
    return true;
}

void HitView::activate(const QModelIndex& index) {
    if (const Hit* hit = m_model->hit(index))
        Q_EMIT placeActivated(hit->document, hit->range);
    else if (m_model->kind(index) == HitModel::Kind::All)
        Q_EMIT allWanted(m_model->document(index));
}

bool HitView::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const int key = static_cast<QKeyEvent*>(event)->key();
    const QModelIndex current = m_list->currentIndex();
    if ((key == Qt::Key_Return || key == Qt::Key_Enter) && current.isValid()) {
        activate(current);
        return true;
    }
    if (key == Qt::Key_Up && current.row() <= 0) {
        Q_EMIT left();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace ui
