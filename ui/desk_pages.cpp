/// Pictures, words and links of pages, from the engine to the views that ask for them.

#include <QImage>
#include <QMetaObject>

#include <algorithm>

#include "ui/desk_tab.h"
#include "ui/document_view.h"
#include "ui/exchange.h"
#include "ui/failure_bar.h"
#include "ui/failure_words.h"
#include "ui/library_model.h"
#include "ui/page_view.h"

namespace ui {
namespace {

// How the target of a link begins, as it is given to the view.
constexpr QLatin1String kPage("page:");
constexpr QLatin1String kAddress("address:");

/// The pixels are copied: the event they came with does not live on.
QImage imageOf(const engine::PagePicture& picture) {
    return QImage(reinterpret_cast<const uchar*>(picture.pixels.data()), picture.width,
                  picture.height, picture.stride, QImage::Format_RGB32)
        .copy();
}

} // namespace

void Desk::wirePages(Tab& tab) {
    Tab* const its = &tab;
    PageView* pages = tab.view->pageView();
    pages->setInverted(m_isInverted);
    connect(pages, &PageView::textWanted, this, [this, its](int page) {
        giveText(*its, page);
        wantLinks(*its, page);
    });
    connect(pages, &PageView::linkActivated, this,
            [this, its](const QString& target) { followLink(*its, target); });
    connect(pages, &PageView::pictureWanted, this,
            [this, its](int page, double scale, int rotation) {
                render({its, page, scale, rotation, QRect(), false});
            });
    connect(pages, &PageView::partWanted, this,
            [this, its](int page, double scale, int rotation, const QRect& part) {
                render({its, page, scale, rotation, part, false});
            });
    connect(tab.view, &DocumentView::tryAgainWanted, this, [this, its] { tryAgain(*its); });
    connect(tab.view, &DocumentView::readAgainWanted, this,
            [this, its] { Q_EMIT readRequested(its->info.id); });
    connect(tab.view, &DocumentView::passwordGiven, this,
            [this, its](const QString& password) { m_client.setPassword(its->info.id, password); });
    connect(pages, &PageView::pictureUnwanted, this, [this, its](int page) {
        for (const auto& [request, wanted] : m_pictures) {
            if (wanted.tab == its && wanted.page == page)
                m_client.cancel(request);
        }
    });
}

void Desk::render(const Wanted& wanted) {
    engine::RenderRequest request;
    request.document = wanted.tab->info.id;
    request.page = wanted.page;
    request.scale = static_cast<float>(wanted.scale);
    request.rotation = wanted.rotation;
    if (!wanted.part.isNull())
        request.part = engine::PixelRect{wanted.part.x(), wanted.part.y(), wanted.part.width(),
                                         wanted.part.height()};
    m_pictures.emplace(m_client.render(request), wanted);
}

void Desk::receive(quint64 request, const engine::Event& event) {
    if (m_links.count(request) != 0)
        return receiveLinks(request, event);
    const auto found = m_pictures.find(request);
    if (found == m_pictures.end())
        return;
    Wanted& wanted = found->second;
    wanted.isAnswered = true;
    PageView* pages = wanted.tab->view->pageView();
    // Without its sharp part a page is still shown.
    const bool isPart = !wanted.part.isNull();
    if (const auto* picture = std::get_if<engine::PagePicture>(&event)) {
        if (picture->failure.empty() && isPart)
            pages->setPart(wanted.page, wanted.scale, wanted.rotation, wanted.part,
                           imageOf(*picture));
        else if (picture->failure.empty())
            pages->setPicture(wanted.page, wanted.scale, imageOf(*picture), wanted.rotation);
        else if (!isPart)
            pages->setPictureFailed(wanted.page, shownLine(picture->failure));
        if (picture->failure.empty() && wanted.tab->view->hasFailure())
            tryAgainSoon(wanted.tab->info.id);
    } else if (const auto* failure = std::get_if<engine::Failed>(&event)) {
        if (!isPart)
            pages->setPictureFailed(wanted.page, shownLine(failure->message));
        showFailure(*wanted.tab, *failure);
    }
}

/// The file can be drawn after all. Not at once: who is called with an answer still uses what
/// tryAgain() takes away.
void Desk::tryAgainSoon(const engine::DocumentId& id) {
    QMetaObject::invokeMethod(
        this,
        [this, id] {
            Tab* tab = tabOf(id);
            if (tab != nullptr && tab->view->hasFailure())
                tryAgain(*tab);
        },
        Qt::QueuedConnection);
}

/// Of the file, and so of all its pages; what is wrong with one page is said there alone.
void Desk::showFailure(const Tab& tab, const engine::Failed& failure) {
    using Way = FailureBar::Way;
    const Way way = failure.code == engine::Code::Locked        ? Way::Password
                    : failure.code == engine::Code::FileChanged ? Way::ReadAgain
                                                                : Way::TryAgain;
    tab.view->setFailure(pagesFailureSentence(failure, titleOf(tab.info), tab.hasPassword), way);
}

void Desk::tryAgain(Tab& tab) {
    cancelFor(tab);
    tab.linkedPages.clear();
    tab.view->clearFailure();
    tab.view->pageView()->tryAgain();
}

/// A request that was cancelled has no answer. The page may have come into view again meanwhile.
void Desk::endPicture(quint64 request, bool wasCancelled) {
    const auto found = m_pictures.find(request);
    if (found == m_pictures.end())
        return;
    const Wanted ended = found->second;
    m_pictures.erase(found);
    const bool isAskedAgain = std::ranges::any_of(m_pictures, [&ended](const auto& other) {
        return other.second.tab == ended.tab && other.second.page == ended.page;
    });
    if (wasCancelled && !ended.isAnswered && ended.part.isNull() && !isAskedAgain)
        ended.tab->view->pageView()->setPictureMissing(ended.page, ended.scale);
}

void Desk::giveText(Tab& tab, int page) {
    PageView* pages = tab.view->pageView();
    std::vector<WordBox> words;
    for (const engine::WordBox& word : m_client.engine().words(tab.info.id, page))
        words.push_back({word.range, QRectF(QPointF(word.x0, word.y0), QPointF(word.x1, word.y1))});
    pages->setWords(page, std::move(words));
    pages->setPageText(page, text(tab, tab.pages[static_cast<std::size_t>(page - 1)].range));
}

/// Once for each page: they stay as long as the tab.
void Desk::wantLinks(Tab& tab, int page) {
    if (!tab.linkedPages.insert(page).second)
        return;
    engine::LinksRequest request;
    request.document = tab.info.id;
    request.page = page;
    m_links[m_client.links(request)] = {&tab, page};
}

void Desk::receiveLinks(quint64 request, const engine::Event& event) {
    const auto [tab, page] = m_links[request];
    if (std::holds_alternative<engine::Failed>(event))
        tab->linkedPages.erase(page); // its picture says why; another look may have more luck
    const auto* answer = std::get_if<engine::PageLinks>(&event);
    if (answer == nullptr)
        return;
    std::vector<PageLink> links;
    for (const engine::PageLink& link : answer->links) {
        const QRectF box(QPointF(link.x0, link.y0), QPointF(link.x1, link.y1));
        if (link.page < 1 || link.page > static_cast<int>(tab->pages.size())) {
            const QString address = shownLine(link.uri);
            if (!address.isEmpty())
                links.push_back({box, kAddress + address, address});
            continue;
        }
        const qint64 begin = tab->pages[static_cast<std::size_t>(link.page - 1)].range.begin;
        links.push_back({box, kPage + QString::number(link.page),
                         tr("Go to %1").arg(placeOf(tab->info.id, begin).text)});
    }
    tab->view->pageView()->setLinks(page, std::move(links));
}

void Desk::followLink(const Tab& tab, const QString& target) {
    if (target.startsWith(kPage))
        tab.view->goToPage(target.mid(kPage.size()).toInt());
    else
        Q_EMIT addressActivated(target.mid(kAddress.size()));
}

/// Nothing is brought to a tab that goes.
void Desk::cancelFor(const Tab& tab) {
    std::erase_if(m_pictures, [&](const auto& entry) {
        if (entry.second.tab == &tab)
            m_client.cancel(entry.first);
        return entry.second.tab == &tab;
    });
    std::erase_if(m_links, [&](const auto& entry) {
        if (entry.second.tab == &tab)
            m_client.cancel(entry.first);
        return entry.second.tab == &tab;
    });
}

} // namespace ui
