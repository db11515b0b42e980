#include "ui/reading_queue.h"

#include <QFile>

#include <algorithm>

namespace ui {

ReadingQueue::ReadingQueue(EngineClient& client, QObject* parent)
    : QObject(parent), m_client(client) {
    connect(&client, &EngineClient::arrived, this, &ReadingQueue::receive);
    connect(&client, &EngineClient::ended, this, &ReadingQueue::end);
}

std::deque<ReadingQueue::Item>::iterator ReadingQueue::waiting(Entry entry) {
    return std::ranges::find(m_waiting, entry, &Item::entry);
}

void ReadingQueue::add(const QStringList& paths, bool again) {
    for (const QString& path : paths) {
        const bool isKnown = std::ranges::find(m_waiting, path, &Item::path) != m_waiting.end() ||
                             (m_running && m_running->path == path);
        if (isKnown)
            continue;
        std::erase_if(m_failed, [&](const Item& item) {
            if (item.path != path)
                return false;
            Q_EMIT finished(item.entry, true);
            return true;
        });
        m_waiting.push_back({++m_last, path, std::nullopt, again, false});
        Q_EMIT added(m_last, path);
    }
    startNext();
}

void ReadingQueue::retry(Entry entry, const std::optional<QString>& password) {
    const auto found = std::ranges::find(m_failed, entry, &Item::entry);
    if (found == m_failed.end())
        return;
    Item item = *found;
    m_failed.erase(found);
    item.password = password;
    m_waiting.push_front(item);
    startNext();
}

void ReadingQueue::pause(Entry entry, bool isPaused) {
    if (m_running && m_running->entry == entry) {
        m_running->isPaused = isPaused;
        m_client.pause(m_request, isPaused || m_isPaused);
        Q_EMIT pausedChanged(entry, isPaused);
    } else if (const auto found = waiting(entry); found != m_waiting.end()) {
        found->isPaused = isPaused;
        Q_EMIT pausedChanged(entry, isPaused);
        startNext();
    }
}

void ReadingQueue::pauseAll(bool isPaused) {
    if (m_isPaused == isPaused)
        return;
    m_isPaused = isPaused;
    if (m_running)
        m_client.pause(m_request, isPaused || m_running->isPaused);
    Q_EMIT allPausedChanged(isPaused);
    startNext();
}

void ReadingQueue::moveUp(Entry entry) {
    const auto found = waiting(entry);
    if (found == m_waiting.end() || found == m_waiting.begin())
        return;
    std::iter_swap(found, std::prev(found));
    Q_EMIT moved(entry, static_cast<int>(found - m_waiting.begin()) - 1);
}

void ReadingQueue::moveDown(Entry entry) {
    const auto found = waiting(entry);
    if (found == m_waiting.end() || std::next(found) == m_waiting.end())
        return;
    std::iter_swap(found, std::next(found));
    Q_EMIT moved(entry, static_cast<int>(found - m_waiting.begin()) + 1);
}

void ReadingQueue::cancel(Entry entry) {
    if (m_running && m_running->entry == entry) {
        m_client.cancel(m_request);
        return;
    }
    const auto isIt = [&](const Item& item) { return item.entry == entry; };
    if (std::erase_if(m_waiting, isIt) + std::erase_if(m_failed, isIt) > 0)
        Q_EMIT finished(entry, true);
}

void ReadingQueue::startNext() {
    if (m_running || m_isPaused)
        return;
    const auto next = std::ranges::find(m_waiting, false, &Item::isPaused);
    if (next == m_waiting.end())
        return;
    m_running = *next;
    m_waiting.erase(next);
    m_hasFailed = false;
    engine::ReadRequest request;
    request.paths = {QFile::encodeName(m_running->path).toStdString()};
    request.again = m_running->again;
    if (m_running->password)
        request.password = m_running->password->toStdString();
    m_request = m_client.read(request);
}

void ReadingQueue::receive(quint64 request, const engine::Event& event) {
    if (!m_running || request != m_request)
        return;
    const Entry entry = m_running->entry;
    if (const auto* progress = std::get_if<engine::Progress>(&event)) {
        Q_EMIT progressed(entry, *progress);
    } else if (const auto* document = std::get_if<engine::Document>(&event)) {
        Q_EMIT documentChanged(entry, document->info);
    } else if (const auto* notice = std::get_if<engine::Notice>(&event)) {
        Q_EMIT noticed(entry, QString::fromStdString(notice->utf8));
    } else if (const auto* failure = std::get_if<engine::Failed>(&event)) {
        m_hasFailed = true;
        Q_EMIT failed(entry, *failure);
    }
}

void ReadingQueue::end(quint64 request, bool wasCancelled) {
    if (!m_running || request != m_request)
        return;
    const Item item = *m_running;
    m_running.reset();
    if (m_hasFailed && !wasCancelled)
        m_failed.push_back(item);
    else
        Q_EMIT finished(item.entry, wasCancelled);
    startNext();
}

} // namespace ui
