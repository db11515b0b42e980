#include "ui/engine_client.h"

#include <QFile>
#include <QMetaObject>

namespace ui {

EngineClient::EngineClient(engine::Engine& engine, QObject* parent)
    : QObject(parent), m_engine(engine) {}

EngineClient::~EngineClient() {
    for (engine::Task& task : m_tasks)
        task.cancel();
}

void EngineClient::read(const QStringList& paths) {
    engine::ReadRequest request;
    for (const QString& path : paths)
        request.paths.push_back(QFile::encodeName(path).toStdString());
    m_tasks.push_back(m_engine.read(request, [this](const engine::Event& event) { post(event); }));
}

void EngineClient::post(const engine::Event& event) {
    const std::lock_guard lock(m_mutex);
    m_mailbox.push_back(event);
    // One queued call for everything that arrives until it runs, so that a fast engine cannot flood
    // the window.
    if (m_mailbox.size() == 1)
        QMetaObject::invokeMethod(this, &EngineClient::drain, Qt::QueuedConnection);
}

void EngineClient::drain() {
    std::deque<engine::Event> events;
    {
        const std::lock_guard lock(m_mutex);
        events.swap(m_mailbox);
    }
    for (const engine::Event& event : events)
        deliver(event);
}

void EngineClient::deliver(const engine::Event& event) {
    if (const auto* progress = std::get_if<engine::Progress>(&event)) {
        Q_EMIT progressed(QString::fromStdString(progress->title), progress->done, progress->total);
    } else if (const auto* document = std::get_if<engine::Document>(&event)) {
        Q_EMIT documentChanged(QString::fromStdString(document->info.title), document->info.state);
    } else if (const auto* failure = std::get_if<engine::Failed>(&event)) {
        Q_EMIT failed(QString::fromStdString(failure->message));
    } else if (std::holds_alternative<engine::Done>(event)) {
        // Requests end in the order in which they were made, so this Done belongs to the first.
        m_tasks.erase(m_tasks.begin());
        if (m_tasks.empty())
            Q_EMIT idle();
    }
}

} // namespace ui
