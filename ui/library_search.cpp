#include "ui/library_search.h"

#include <utility>

#include "ui/exchange.h"
#include "ui/hit_model.h"
#include "ui/hit_view.h"
#include "ui/library_view.h"

namespace ui {

LibrarySearch::LibrarySearch(EngineClient& client, LibraryView& view, QObject* parent)
    : QObject(parent), m_client(client), m_view(view.hits()) {
    connect(&client, &EngineClient::arrived, this, &LibrarySearch::receive);
    connect(&client, &EngineClient::ended, this, &LibrarySearch::end);
    connect(&m_view, &HitView::searchWanted, this, &LibrarySearch::search);
    connect(&m_view, &HitView::addedWanted, this, &LibrarySearch::searchAdded);
    connect(&m_view, &HitView::allWanted, this, &LibrarySearch::searchAll);
    connect(&m_view, &HitView::stopWanted, this, &LibrarySearch::stop);
}

void LibrarySearch::stop() {
    m_client.cancel(std::exchange(m_request, 0));
    m_client.cancel(std::exchange(m_allRequest, 0));
    m_added.clear();
}

void LibrarySearch::search(const QString& words, const std::vector<engine::DocumentId>& documents) {
    stop();
    m_words = words.toStdString();
    m_count = 0;
    m_found.clear();
    start(documents);
}

void LibrarySearch::searchAdded(const std::vector<engine::DocumentId>& documents) {
    m_added.insert(m_added.end(), documents.begin(), documents.end());
    if (m_request == 0)
        goOn();
}

/// The search that ran may have found some of the added ones already.
void LibrarySearch::goOn() {
    auto added = std::exchange(m_added, {});
    std::erase_if(added, [this](const engine::DocumentId& id) { return m_found.contains(id); });
    if (!added.empty() && m_count < kMost)
        start(added);
}

void LibrarySearch::start(const std::vector<engine::DocumentId>& documents) {
    engine::SearchRequest request;
    request.query = m_words;
    request.documents = documents;
    request.limit = kMost - m_count;
    request.perDocument = HitModel::kShown + 1;
    m_request = m_client.search(request);
}

void LibrarySearch::searchAll(const engine::DocumentId& document) {
    m_client.cancel(m_allRequest);
    m_allOf = document;
    m_all.clear();
    engine::SearchRequest request;
    request.query = m_words;
    request.documents = {document};
    request.limit = kMostOfOne + 1;
    m_allRequest = m_client.search(request);
}

void LibrarySearch::receive(quint64 request, const engine::Event& event) {
    if (request != m_request && request != m_allRequest)
        return;
    if (const auto* failure = std::get_if<engine::Failed>(&event)) {
        stop();
        return m_view.setFailed(shownLine(failure->message));
    }
    const auto* hit = std::get_if<engine::SearchHit>(&event);
    if (hit == nullptr)
        return;
    if (request == m_allRequest)
        return m_all.push_back(*hit);
    ++m_count;
    m_found.insert(hit->passage.document);
    m_view.add(*hit);
}

/// Of one that was cancelled from elsewhere, as the window closes, what it has not found says
/// nothing.
void LibrarySearch::end(quint64 request, bool wasCancelled) {
    if (request == m_request) {
        m_request = 0;
        if (wasCancelled)
            return;
        m_view.finish(m_count >= kMost);
        goOn();
    } else if (request == m_allRequest) {
        m_allRequest = 0;
        if (wasCancelled)
            return;
        const bool isCut = m_all.size() > std::size_t{kMostOfOne};
        if (isCut)
            m_all.pop_back();
        m_view.setAllOf(m_allOf, m_all, isCut);
    }
}

} // namespace ui
