#include "ui/document_view.h"

#include <QApplication>
#include <QKeyEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

#include "ui/document_bar.h"
#include "ui/find_bar.h"
#include "ui/memory_strip.h"
#include "ui/page_view.h"
#include "ui/text_view.h"

namespace ui {

DocumentView::DocumentView(Kind kind, QWidget* parent)
    : QWidget(parent),
      m_bar(new DocumentBar(
          kind == Kind::Pages ? DocumentBar::Kind::Pages : DocumentBar::Kind::Text, this)),
      m_find(new FindBar(this)), m_failure(new FailureBar(this)), m_strip(nullptr) {
    setObjectName(QStringLiteral("documentView"));
    auto* const column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_bar);
    column->addWidget(m_find);
    column->addWidget(m_failure);
    if (kind == Kind::Pages) {
        m_pages = new PageView(this);
        connectView(m_pages);
        connect(m_pages, &PageView::zoomChanged, this, &DocumentView::showSize);
    } else {
        m_text = new TextView(this);
        connectView(m_text);
        connect(m_text, &TextView::textSizeChanged, this, &DocumentView::showSize);
    }
    m_strip = new MemoryStrip(this);
    column->addWidget(view(), 1);
    column->addWidget(m_strip);
    connectBars();
    showSize();
}

template <typename View> void DocumentView::connectView(View* view) {
    connect(view, &View::currentPageChanged, this, [this](int page) {
        m_bar->setCurrentPage(page);
        m_strip->setCurrentPage(page);
        Q_EMIT currentPageChanged(page);
    });
    connect(view, &View::topOffsetChanged, this, &DocumentView::topOffsetChanged);
    connect(view, &View::selectionChanged, this, &DocumentView::selectionChanged);
    connect(view, &View::copyRequested, this, &DocumentView::copyRequested);
    connect(view, &View::copyWithCitationRequested, this, &DocumentView::copyWithCitationRequested);
    connect(view, &View::askAboutRequested, this, &DocumentView::askAboutRequested);
    connect(view, &View::asOfRequested, this, &DocumentView::asOfRequested);
}

void DocumentView::connectBars() {
    connect(m_bar, &DocumentBar::backWanted, this, &DocumentView::goBack);
    connect(m_bar, &DocumentBar::forwardWanted, this, &DocumentView::goForward);
    connect(m_bar, &DocumentBar::pageWanted, this, &DocumentView::goToPage);
    connect(m_bar, &DocumentBar::biggerWanted, this, &DocumentView::zoomIn);
    connect(m_bar, &DocumentBar::smallerWanted, this, &DocumentView::zoomOut);
    connect(m_bar, &DocumentBar::rotateWanted, this, [this] { rotate(90); });
    connect(m_bar, &DocumentBar::findWanted, this, &DocumentView::openFind);
    connect(m_bar, &DocumentBar::editingEnded, this, [this] { view()->setFocus(); });
    connect(m_bar, &DocumentBar::zoomWanted, this, [this](double size) {
        if (m_pages)
            m_pages->setZoom(size);
        else
            m_text->setTextSize(size);
    });
    connect(m_bar, &DocumentBar::fitWanted, this, &DocumentView::setFit);
    connect(m_find, &FindBar::findWanted, this, [this](const QString& text, bool exact) {
        if (text.isEmpty())
            setFindHits({});
        Q_EMIT findWanted(text, exact);
    });
    connect(m_find, &FindBar::nextWanted, this, [this] { goToHit(1); });
    connect(m_find, &FindBar::previousWanted, this, [this] { goToHit(-1); });
    connect(m_find, &FindBar::closed, this, &DocumentView::closeFind);
    connect(m_failure, &FailureBar::tryAgainWanted, this, &DocumentView::tryAgainWanted);
    connect(m_failure, &FailureBar::passwordGiven, this, &DocumentView::passwordGiven);
    connect(m_failure, &FailureBar::readAgainWanted, this, &DocumentView::readAgainWanted);
    connect(m_strip, &MemoryStrip::pageActivated, this, &DocumentView::goToPage);
}

void DocumentView::setDocument(const QString& title, std::vector<PageInfo> pages, PageUnit unit) {
    setAccessibleName(title);
    m_history.clear();
    m_hits.clear();
    m_hit = -1;
    m_failure->hide();
    m_bar->setPages(pages, unit);
    m_strip->setPages(pages, unit);
    if (m_pages) {
        m_pages->setPages(std::move(pages));
    } else {
        m_text->setPages(std::move(pages));
        m_text->goToOffset(0);
    }
    announceHistory();
}

void DocumentView::setFailure(const QString& sentence, FailureBar::Way way) {
    m_failure->setFailure(sentence, way);
    if (std::exchange(m_leftFailure, false) && way == FailureBar::Way::Password &&
        view()->hasFocus())
        m_failure->editPassword();
}

void DocumentView::clearFailure() {
    m_leftFailure = m_failure->isAncestorOf(QApplication::focusWidget());
    m_failure->hide();
    if (m_leftFailure)
        view()->setFocus();
}

bool DocumentView::hasFailure() const {
    return !m_failure->isHidden();
}

QWidget* DocumentView::view() const {
    if (m_pages)
        return m_pages;
    return m_text;
}

int DocumentView::currentPage() const {
    return m_pages ? m_pages->currentPage() : m_text->currentPage();
}

qint64 DocumentView::topOffset() const {
    return m_pages ? m_pages->topOffset() : m_text->topOffset();
}

engine::TextRange DocumentView::selection() const {
    return m_pages ? m_pages->selection().range() : m_text->selection();
}

void DocumentView::leave() {
    m_history.leave(topOffset());
    announceHistory();
}

void DocumentView::announceHistory() {
    m_bar->setCanGo(m_history.canGoBack(), m_history.canGoForward());
    Q_EMIT historyChanged(m_history.canGoBack(), m_history.canGoForward());
}

void DocumentView::reveal(engine::TextRange range) {
    if (m_pages)
        m_pages->reveal(range);
    else
        m_text->reveal(range);
}

void DocumentView::goTo(engine::TextRange range, const std::vector<LineBox>& lines) {
    leave();
    if (m_pages) {
        m_pages->setHighlight(lines);
        m_pages->reveal(range, lines);
    } else {
        m_text->setHighlight(range);
        m_text->reveal(range);
    }
}

void DocumentView::goToPage(int page) {
    leave();
    if (m_pages)
        m_pages->goToPage(page);
    else
        m_text->goToPage(page);
}

void DocumentView::goToOffset(qint64 offset) {
    leave();
    restore(offset);
}

void DocumentView::restore(qint64 topOffset) {
    if (m_pages)
        m_pages->goToOffset(topOffset);
    else
        m_text->goToOffset(topOffset);
}

void DocumentView::goBack() {
    if (const auto place = m_history.back(topOffset()))
        restore(*place);
    announceHistory();
}

void DocumentView::goForward() {
    if (const auto place = m_history.forward(topOffset()))
        restore(*place);
    announceHistory();
}

void DocumentView::openFind() {
    m_find->open();
}

void DocumentView::closeFind() {
    m_find->hide();
    m_hits.clear();
    m_hit = -1;
    showHits();
    Q_EMIT findWanted(QString(), m_find->isExact());
    view()->setFocus();
}

void DocumentView::setFindHits(std::vector<engine::TextRange> hits, int shown) {
    m_hits = std::move(hits);
    m_hit = -1;
    if (m_hits.empty())
        return showHits();
    if (shown < 0) {
        const auto next =
            std::find_if(m_hits.begin(), m_hits.end(),
                         [top = topOffset()](engine::TextRange hit) { return hit.begin >= top; });
        shown = next == m_hits.end() ? 0 : static_cast<int>(next - m_hits.begin());
    }
    m_hit = std::min(shown, static_cast<int>(m_hits.size()) - 1);
    leave();
    showHits();
}

void DocumentView::goToHit(int step) {
    const int count = static_cast<int>(m_hits.size());
    if (count == 0)
        return;
    m_hit = ((m_hit + step) % count + count) % count;
    showHits();
}

void DocumentView::showHits() {
    const engine::TextRange current =
        m_hit < 0 ? engine::TextRange{} : m_hits[static_cast<std::size_t>(m_hit)];
    if (m_pages) {
        m_pages->setFindHits(m_hits);
        m_pages->setCurrentHit(current);
    } else {
        m_text->setFindHits(m_hits);
        m_text->setCurrentHit(current);
    }
    if (!m_find->text().isEmpty())
        m_find->setCount(m_hit + 1, static_cast<int>(m_hits.size()));
    if (m_hit >= 0)
        reveal(current);
}

void DocumentView::editPage() {
    m_bar->editPage();
}

void DocumentView::zoomIn() {
    if (m_pages)
        m_pages->zoomIn();
    else
        m_text->setTextSize(m_text->textSize() + 1);
}

void DocumentView::zoomOut() {
    if (m_pages)
        m_pages->zoomOut();
    else
        m_text->setTextSize(m_text->textSize() - 1);
}

void DocumentView::resetZoom() {
    if (m_pages)
        m_pages->setZoom(1);
    else
        m_text->setTextSize(TextView::kUsualTextSize);
}

void DocumentView::setFit(Fit fit) {
    if (m_pages)
        m_pages->setFit(fit);
}

void DocumentView::rotate(int degrees) {
    if (m_pages)
        m_pages->setRotation(m_pages->pageLayout().rotation() + degrees);
}

void DocumentView::showSize() {
    m_bar->setSizeText(m_pages ? tr("%1 %").arg(std::lround(m_pages->pageLayout().zoom() * 100))
                               : tr("%1 pt").arg(m_text->textSize()));
}

void DocumentView::focusInEvent(QFocusEvent*) {
    // Not a focus proxy: with one the Tab key comes to the view first and never to the bar above.
    view()->setFocus();
}

void DocumentView::keyPressEvent(QKeyEvent* event) {
    // A window with actions of its own on these keys gets them first.
    const bool hasAlt = event->modifiers() == Qt::AltModifier;
    if (event->matches(QKeySequence::Find))
        openFind();
    else if (event->key() == Qt::Key_F3)
        goToHit(event->modifiers().testFlag(Qt::ShiftModifier) ? -1 : 1);
    else if (event->modifiers() == Qt::ControlModifier && event->key() == Qt::Key_G)
        editPage();
    else if (hasAlt && event->key() == Qt::Key_Left)
        goBack();
    else if (hasAlt && event->key() == Qt::Key_Right)
        goForward();
    else if (event->key() == Qt::Key_Escape && !m_find->isHidden())
        closeFind();
    else
        QWidget::keyPressEvent(event);
}

} // namespace ui
