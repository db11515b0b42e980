#include "ui/reading_queue.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <utility>

#include "ui/failure_words.h"

namespace ui {

ReadingQueue::ReadingQueue(EngineClient& client, QObject* parent)
    : QObject(parent), m_client(client) {
    connect(&client, &EngineClient::arrived, this, &ReadingQueue::receive);
    connect(&client, &EngineClient::ended, this, &ReadingQueue::end);
}

ReadingQueue::Item* ReadingQueue::find(const QString& path) {
    const auto found = std::ranges::find(m_items, path, &Item::path);
    return found == m_items.end() ? nullptr : &*found;
}

ReadingQueue::Item* ReadingQueue::running() {
    const auto found = std::ranges::find(m_items, Item::State::Running, &Item::state);
    return found == m_items.end() ? nullptr : &*found;
}

bool ReadingQueue::isBusy() const {
    return std::ranges::any_of(m_items,
                               [](const Item& item) { return item.state != Item::State::Failed; });
}

void ReadingQueue::add(const QStringList& paths) {
    for (const QString& path : paths) {
        if (find(path) != nullptr) {
            retry(path);
            continue;
        }
        Item item;
        item.path = path;
        item.place = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
        m_items.push_back(std::move(item));
        Q_EMIT added(path);
    }
    startNext();
}

void ReadingQueue::retry(const QString& path, const std::optional<QString>& password) {
    Item* item = find(path);
    if (item == nullptr || item->state != Item::State::Failed)
        return;
    item->state = Item::State::Waiting;
    item->password = password;
    startNext();
}

void ReadingQueue::pause(const QString& path, bool isPaused) {
    Item* item = find(path);
    if (item == nullptr || item->isPaused == isPaused)
        return;
    item->isPaused = isPaused;
    if (item->state == Item::State::Running)
        m_client.pause(m_request, isPaused || m_isPaused);
    Q_EMIT pausedChanged(path, isPaused);
    startNext();
}

void ReadingQueue::pauseAll(bool isPaused) {
    if (m_isPaused == isPaused)
        return;
    m_isPaused = isPaused;
    if (const Item* item = running())
        m_client.pause(m_request, isPaused || item->isPaused);
    Q_EMIT allPausedChanged(isPaused);
    startNext();
}

void ReadingQueue::goOnWithAll() {
    QStringList paused;
    for (Item& item : m_items) {
        if (std::exchange(item.isPaused, false))
            paused.append(item.path);
    }
    if (m_isPaused)
        pauseAll(false);
    else if (running() != nullptr)
        m_client.pause(m_request, false);
    for (const QString& path : paused)
        Q_EMIT pausedChanged(path, false);
    startNext();
}

void ReadingQueue::move(const QString& path, int place) {
    const auto found = std::ranges::find(m_items, path, &Item::path);
    if (found == m_items.end() || found->state == Item::State::Running)
        return;
    const auto from = found - m_items.begin();
    const auto to = std::clamp<std::ptrdiff_t>(place, 0, std::ssize(m_items) - 1);
    if (from == to)
        return;
    if (from < to)
        std::rotate(found, found + 1, m_items.begin() + to + 1);
    else
        std::rotate(m_items.begin() + to, found, found + 1);
    Q_EMIT moved(path, static_cast<int>(to));
}

void ReadingQueue::cancel(const QString& path) {
    const Item* item = find(path);
    if (item == nullptr)
        return;
    if (item->state == Item::State::Running) {
        m_client.cancel(m_request);
        return;
    }
    take(path);
    Q_EMIT takenOut(path);
}

void ReadingQueue::cancelDocument(const engine::DocumentId& id, const QStringList& paths) {
    QStringList its;
    for (const Item& item : m_items) {
        if (item.document == id || paths.contains(item.place))
            its.append(item.path);
    }
    for (const QString& path : its)
        cancel(path);
}

qint64 ReadingQueue::take(const QString& path) {
    const auto found = std::ranges::find(m_items, path, &Item::path);
    const qint64 ms =
        found->startedMs == 0 ? 0 : QDateTime::currentMSecsSinceEpoch() - found->startedMs;
    m_items.erase(found);
    return ms;
}

void ReadingQueue::startNext() {
    if (m_isPaused || running() != nullptr)
        return;
    const auto next = std::ranges::find_if(m_items, [](const Item& item) {
        return item.state == Item::State::Waiting && !item.isPaused;
    });
    if (next == m_items.end())
        return;
    next->state = Item::State::Running;
    next->startedMs = QDateTime::currentMSecsSinceEpoch();
    m_failure.reset();
    engine::ReadRequest request;
    request.paths = {QFile::encodeName(next->path).toStdString()};
    if (next->password)
        request.password = next->password->toStdString();
    request.textOnly = !m_hasModel;
    m_request = m_client.read(request);
}

void ReadingQueue::receive(quint64 request, const engine::Event& event) {
    Item* item = running();
    if (item == nullptr || request != m_request)
        return;
    const QString path = item->path;
    if (const auto* progress = std::get_if<engine::Progress>(&event)) {
        Q_EMIT progressed(path, *progress);
    } else if (const auto* document = std::get_if<engine::Document>(&event)) {
        item->document = document->info.id;
        if (item->password)
            m_client.setPassword(document->info.id, *item->password);
        Q_EMIT documentChanged(path, document->info);
    } else if (const auto* notice = std::get_if<engine::Notice>(&event)) {
        Q_EMIT noticed(path, QString::fromStdString(notice->utf8));
    } else if (const auto* failure = std::get_if<engine::Failed>(&event)) {
        m_failure = *failure;
    }
}

void ReadingQueue::end(quint64 request, bool wasCancelled) {
    Item* item = running();
    if (item == nullptr || request != m_request)
        return;
    const QString path = item->path;
    const auto failure = std::exchange(m_failure, std::nullopt);
    // The next one begins before anyone is told: what a slot throws must not stop the queue.
    if (failure && !wasCancelled) {
        item->state = Item::State::Failed;
        const qint64 ms = QDateTime::currentMSecsSinceEpoch() - item->startedMs;
        if (concernsEveryFile(failure->code))
            pauseAll(true);
        startNext();
        Q_EMIT failed(path, *failure, ms);
        return;
    }
    const qint64 ms = take(path);
    startNext();
    Q_EMIT finished(path, wasCancelled, ms);
}

} // namespace ui
