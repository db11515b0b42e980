#include "ui/desk.h"

#include <QClipboard>
#include <QGuiApplication>

#include <algorithm>

#include "ui/desk_tab.h"
#include "ui/document_view.h"
#include "ui/exchange.h"
#include "ui/library_model.h"
#include "ui/memory_strip.h"
#include "ui/page_view.h"
#include "ui/plain_text.h"
#include "ui/text_view.h"

namespace ui {
namespace {

/// Without chapters a text is shown in stretches of so many locations.
constexpr std::size_t kStretchPages = 20;

PageState stateOf(engine::PageInfo::State state) {
    switch (state) {
    case engine::PageInfo::State::Text:
        return PageState::Text;
    case engine::PageInfo::State::Ocr:
        return PageState::Ocr;
    case engine::PageInfo::State::Empty:
        return PageState::Empty;
    case engine::PageInfo::State::Failed:
        return PageState::Failed;
    case engine::PageInfo::State::Pending:
        break;
    }
    return PageState::Pending;
}

std::vector<PageInfo> pagesOf(const std::vector<engine::PageInfo>& pages) {
    std::vector<PageInfo> result;
    result.reserve(pages.size());
    for (const engine::PageInfo& page : pages)
        result.push_back({page.index, shownLine(page.label), QSizeF(page.widthPt, page.heightPt),
                          page.range, stateOf(page.state), shownLine(page.reason)});
    return result;
}

} // namespace

Desk::Desk(EngineClient& client, QWidget* parent) : QTabWidget(parent), m_client(client) {
    setObjectName(QStringLiteral("desk"));
    setAccessibleName(tr("Open documents"));
    setDocumentMode(true);
    setTabsClosable(true);
    setMovable(false);
    connect(this, &QTabWidget::tabCloseRequested, this, &Desk::close);
    connect(this, &QTabWidget::currentChanged, this, &Desk::currentDocumentChanged);
    connect(&client, &EngineClient::arrived, this, &Desk::receive);
    connect(&client, &EngineClient::ended, this, [this](quint64 request, bool wasCancelled) {
        endPicture(request, wasCancelled);
        m_links.erase(request);
    });
    connect(&client, &EngineClient::passwordGiven, this, [this](const engine::DocumentId& id) {
        Tab* tab = tabOf(id);
        if (tab == nullptr)
            return;
        tab->hasPassword = true;
        if (tab->view->hasFailure())
            tryAgain(*tab);
    });
}

Desk::~Desk() {
    for (const auto& tab : m_tabs)
        cancelFor(*tab);
    disconnect(this, &QTabWidget::currentChanged, this, nullptr);
}

Desk::Tab* Desk::tabOf(const engine::DocumentId& id) const {
    const auto found =
        std::ranges::find_if(m_tabs, [&](const auto& tab) { return tab->info.id == id; });
    return found == m_tabs.end() ? nullptr : found->get();
}

Desk::Tab* Desk::tabAt(int index) const {
    const auto found =
        std::ranges::find_if(m_tabs, [&](const auto& tab) { return tab->view == widget(index); });
    return found == m_tabs.end() ? nullptr : found->get();
}

Desk::Tab& Desk::add(const engine::DocumentInfo& document) {
    auto tab = std::make_unique<Tab>();
    tab->info = document;
    tab->pages = pagesOf(m_client.engine().pages(document.id));
    tab->chapters = m_client.engine().chapters(document.id);
    tab->view = new DocumentView(engine::hasPictures(document.kind) ? DocumentView::Kind::Pages
                                                                    : DocumentView::Kind::Text,
                                 this);
    m_tabs.push_back(std::move(tab));
    Tab& added = *m_tabs.back();
    wire(added);
    added.view->setDocument(titleOf(document), added.pages, unitOf(document));
    refreshStrip(added);
    QString title = titleOf(document);
    title.replace(u'&', QStringLiteral("&&"));
    constexpr qsizetype kLongest = 32;
    if (title.size() > kLongest)
        title = title.left(kLongest - 1) + u'…';
    setTabToolTip(addTab(added.view, title), asPlainText(titleOf(document)));
    return added;
}

void Desk::wire(Tab& tab) {
    DocumentView* view = tab.view;
    Tab* const its = &tab;
    const auto whenInFront = [this, view](auto signal) {
        return [this, view, signal] {
            if (currentWidget() == view)
                Q_EMIT(this->*signal)();
        };
    };
    connect(view, &DocumentView::topOffsetChanged, this, whenInFront(&Desk::placeChanged));
    connect(view, &DocumentView::currentPageChanged, this, whenInFront(&Desk::placeChanged));
    connect(view, &DocumentView::historyChanged, this, [this, view](bool back, bool forward) {
        if (currentWidget() == view)
            Q_EMIT historyChanged(back, forward);
    });
    connect(view, &DocumentView::asOfRequested, this, &Desk::asOfRequested);
    connect(view, &DocumentView::askAboutRequested, this,
            [this, its](engine::TextRange range) { Q_EMIT askAboutRequested(text(*its, range)); });
    connect(view, &DocumentView::copyRequested, this,
            [this, its](engine::TextRange range) { copy(*its, range, false); });
    connect(view, &DocumentView::copyWithCitationRequested, this,
            [this, its](engine::TextRange range) { copy(*its, range, true); });
    connect(view, &DocumentView::findWanted, this,
            [this, its](const QString& words, bool isExact) { find(*its, words, isExact); });
    if (view->pageView() != nullptr)
        wirePages(tab);
    else
        wireText(tab);
}

void Desk::wireText(Tab& tab) {
    Tab* const its = &tab;
    TextView* text = tab.view->textView();
    text->setTextSize(TextView::kUsualTextSize * m_textPercent / 100);
    connect(text, &TextView::textWanted, this,
            [this, its](qint64 offset) { giveBlocks(*its, offset); });
}

QString Desk::text(const Tab& tab, engine::TextRange range) const {
    return shownText(m_client.engine().text(tab.info.id, range));
}

/// The chapter around an offset, or some locations where there are no chapters.
void Desk::giveBlocks(Tab& tab, qint64 offset) {
    engine::TextRange stretch{0, tab.info.characters};
    for (const engine::ContentsEntry& chapter : tab.chapters) {
        if (chapter.range.begin <= offset && offset < chapter.range.end)
            stretch = chapter.range;
    }
    const bool isInChapter = stretch.begin > 0 || stretch.end < tab.info.characters;
    if (!isInChapter && !tab.pages.empty()) {
        const auto place = static_cast<std::size_t>(std::max(0, placeOfOffset(tab.pages, offset)));
        const std::size_t first = place / kStretchPages * kStretchPages;
        const std::size_t last = std::min(first + kStretchPages, tab.pages.size()) - 1;
        stretch = {tab.pages[first].range.begin, tab.pages[last].range.end};
        // Text before the first chapter and behind the last one is no part of either.
        for (const engine::ContentsEntry& chapter : tab.chapters) {
            if (chapter.range.begin > offset)
                stretch.end = std::min(stretch.end, chapter.range.begin);
            if (chapter.range.end <= offset)
                stretch.begin = std::max(stretch.begin, chapter.range.end);
        }
    }
    std::vector<TextBlock> blocks;
    for (const engine::TextBlock& block : m_client.engine().blocks(tab.info.id, stretch))
        blocks.push_back({static_cast<TextBlock::Kind>(block.kind), block.level, block.range,
                          text(tab, block.range)});
    tab.view->textView()->setBlocks(stretch, blocks);
}

void Desk::find(Tab& tab, const QString& words, bool isExact) {
    if (words.isEmpty()) {
        tab.view->setFindHits({});
        return;
    }
    if (tab.search.isEmpty())
        tab.search = TextSearch(
            QString::fromStdString(m_client.engine().text(tab.info.id, {0, tab.info.characters})));
    tab.view->setFindHits(tab.search.find(words, isExact));
}

void Desk::copy(const Tab& tab, engine::TextRange range, bool withCitation) {
    QString copied = text(tab, range);
    if (withCitation)
        copied = tr("“%1” (%2, %3)")
                     .arg(copied.simplified(), titleOf(tab.info),
                          placeOf(tab.info.id, range.begin).text);
    QGuiApplication::clipboard()->setText(copied);
}

/// A printed page has no index that a person could find: its name serves, where it is the only one.
QString Desk::specOfPrinted(const Tab& tab, const PageInfo& page) {
    const auto isCalledSo = [&page](const PageInfo& other) { return other.label == page.label; };
    const bool isLast = page.index == std::ssize(tab.pages);
    const bool isName = !page.label.isEmpty() && !page.label.contains(u':') &&
                        !page.label.contains(QChar::ReplacementCharacter) &&
                        std::ranges::count_if(tab.pages, isCalledSo) == 1;
    // At the last page the bound stands down, which it knows by its index.
    return isName && !isLast ? page.label : QStringLiteral("index:%1").arg(page.index);
}

PlaceName Desk::placeOf(const engine::DocumentId& id, qint64 offset) const {
    const Tab* tab = tabOf(id);
    const int place = tab == nullptr ? -1 : placeOfOffset(tab->pages, offset);
    if (place < 0)
        return {QStringLiteral("offset:%1").arg(offset), tr("place %1").arg(offset)};
    const PageInfo& page = tab->pages[static_cast<std::size_t>(place)];
    const PageUnit unit = unitOf(tab->info);
    if (unit == PageUnit::Location)
        return {QStringLiteral("loc:%1").arg(page.index), tr("loc. %1").arg(page.index)};
    const QString index = QString::number(page.index);
    const QString label = page.label.isEmpty() ? index : page.label;
    if (unit == PageUnit::PrintedPage)
        return {specOfPrinted(*tab, page), tr("p. %1").arg(label)};
    return {QStringLiteral("index:%1").arg(index),
            label == index ? tr("p. %1").arg(label) : tr("p. %1 (PDF %2)").arg(label, index)};
}

void Desk::refreshStrip(Tab& tab) {
    MemoryStrip* strip = tab.view->memoryStrip();
    strip->setReadPages(tab.info.coverage.read);
    std::vector<int> snapshots;
    for (const engine::SnapshotInfo& snapshot : m_client.engine().snapshots(tab.info.id)) {
        const int place =
            placeOfOffset(tab.pages, std::max<std::int64_t>(0, snapshot.text.end - 1));
        if (place >= 0)
            snapshots.push_back(tab.pages[static_cast<std::size_t>(place)].index);
    }
    strip->setSnapshots(std::move(snapshots));
}

void Desk::open(const engine::DocumentInfo& document) {
    try {
        Tab* tab = tabOf(document.id);
        setCurrentWidget((tab != nullptr ? *tab : add(document)).view);
        currentView()->setFocus();
    } catch (const engine::Error& error) {
        Q_EMIT failed(shownLine(error.what()));
    }
}

void Desk::show(const engine::DocumentId& id, engine::TextRange range) {
    try {
        if (tabOf(id) == nullptr)
            add(m_client.engine().find(id.sha256));
        Tab& tab = *tabOf(id);
        std::vector<LineBox> lines;
        for (const engine::LineBox& line : m_client.engine().boxes(id, range))
            lines.push_back(
                {line.page, QRectF(QPointF(line.x0, line.y0), QPointF(line.x1, line.y1))});
        setCurrentWidget(tab.view);
        tab.view->goTo(range, lines);
    } catch (const engine::Error& error) {
        Q_EMIT failed(shownLine(error.what()));
    }
}

void Desk::update(const engine::DocumentInfo& document) {
    Tab* tab = tabOf(document.id);
    if (tab == nullptr)
        return;
    const bool isElsewhere = tab->info.paths != document.paths;
    tab->info = document;
    refreshStrip(*tab);
    if (isElsewhere && tab->view->hasFailure())
        tryAgain(*tab);
}

void Desk::refresh() {
    for (const auto& tab : m_tabs) {
        try {
            update(m_client.engine().find(tab->info.id.sha256));
        } catch (const engine::Error&) {
            continue; // removed meanwhile; who removes it closes its tab
        }
    }
}

void Desk::setProgress(const engine::Progress& progress) {
    Tab* tab = tabOf(progress.document);
    if (tab == nullptr || progress.stage != engine::Stage::Read)
        return;
    tab->info.coverage.read = static_cast<int>(progress.done);
    tab->view->memoryStrip()->setReadPages(tab->info.coverage.read);
}

void Desk::closeDocument(const engine::DocumentId& id) {
    if (const Tab* tab = tabOf(id))
        close(indexOf(tab->view));
}

void Desk::closeCurrent() {
    close(currentIndex());
}

void Desk::close(int index) {
    Tab* tab = tabAt(index);
    if (tab == nullptr)
        return;
    cancelFor(*tab);
    DocumentView* view = tab->view;
    // The views live until the event loop comes round, the tab does not.
    disconnect(view, nullptr, this, nullptr);
    if (view->pageView() != nullptr)
        disconnect(view->pageView(), nullptr, this, nullptr);
    else
        disconnect(view->textView(), nullptr, this, nullptr);
    std::erase_if(m_tabs, [&](const auto& one) { return one.get() == tab; });
    removeTab(index);
    view->deleteLater();
}

std::optional<engine::DocumentInfo> Desk::current() const {
    const Tab* tab = tabAt(currentIndex());
    return tab == nullptr ? std::nullopt : std::optional(tab->info);
}

DocumentView* Desk::currentView() const {
    const Tab* tab = tabAt(currentIndex());
    return tab == nullptr ? nullptr : tab->view;
}

qint64 Desk::currentOffset() const {
    const DocumentView* view = currentView();
    return view == nullptr ? 0 : view->topOffset();
}

QString Desk::currentLabel() const {
    const Tab* tab = tabAt(currentIndex());
    const auto page = static_cast<std::size_t>(tab == nullptr ? 0 : tab->view->currentPage());
    return page < 1 || page > tab->pages.size() ? QString() : tab->pages[page - 1].label;
}

void Desk::setBound(std::optional<qint64> offset) {
    for (const auto& tab : m_tabs) {
        const bool isIt = offset && tab->view == currentView();
        const int place = isIt ? placeOfOffset(tab->pages, std::max<qint64>(0, *offset - 1)) : -1;
        tab->view->memoryStrip()->setBound(
            place < 0 ? 0 : tab->pages[static_cast<std::size_t>(place)].index);
    }
}

void Desk::setInverted(bool isInverted) {
    m_isInverted = isInverted;
    for (const auto& tab : m_tabs) {
        if (tab->view->pageView() != nullptr)
            tab->view->pageView()->setInverted(isInverted);
    }
}

void Desk::setTextPercent(int percent) {
    m_textPercent = percent;
    for (const auto& tab : m_tabs) {
        if (tab->view->textView() != nullptr)
            tab->view->textView()->setTextSize(TextView::kUsualTextSize * percent / 100);
    }
}

QList<TabState> Desk::tabs() const {
    QList<TabState> result;
    for (int i = 0; i < count(); ++i) {
        const Tab* tab = tabAt(i);
        result.append({QString::fromStdString(tab->info.id.sha256), tab->view->topOffset(), 0});
    }
    return result;
}

void Desk::restore(const QList<TabState>& tabs, int currentTab) {
    for (const TabState& state : tabs) {
        try {
            const engine::DocumentInfo document =
                m_client.engine().find(state.document.toStdString());
            if (!document.isRemoved && tabOf(document.id) == nullptr)
                add(document).view->restore(state.offset);
        } catch (const engine::Error&) {
            continue; // gone since, and the person knows: it was removed here or elsewhere
        }
    }
    if (currentTab >= 0 && currentTab < count())
        setCurrentIndex(currentTab);
}

} // namespace ui
