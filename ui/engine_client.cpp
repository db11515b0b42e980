#include "ui/engine_client.h"

#include <QMetaObject>

namespace ui {

EngineClient::EngineClient(engine::Engine& engine, QObject* parent)
    : QObject(parent), m_engine(engine) {}

EngineClient::~EngineClient() {
    cancelAll();
}

engine::Sink EngineClient::sink(Request request) {
    return [this, request](const engine::Event& event) { post(request, event); };
}

EngineClient::Request EngineClient::keep(Request request, engine::Task task) {
    m_tasks.emplace(request, std::move(task));
    return request;
}

EngineClient::Request EngineClient::read(const engine::ReadRequest& request) {
    const Request id = ++m_last;
    return keep(id, m_engine.read(request, sink(id)));
}

EngineClient::Request EngineClient::ask(const engine::AskRequest& request) {
    const Request id = ++m_last;
    return keep(id, m_engine.ask(request, sink(id)));
}

EngineClient::Request EngineClient::search(const engine::SearchRequest& request) {
    const Request id = ++m_last;
    return keep(id, m_engine.search(request, sink(id)));
}

EngineClient::Request EngineClient::summarize(const engine::SummaryRequest& request) {
    const Request id = ++m_last;
    return keep(id, m_engine.summarize(request, sink(id)));
}

EngineClient::Request EngineClient::render(const engine::RenderRequest& request) {
    const Request id = ++m_last;
    return keep(id, m_engine.render(request, sink(id)));
}

void EngineClient::cancel(Request request) {
    if (const auto found = m_tasks.find(request); found != m_tasks.end())
        found->second.cancel();
}

void EngineClient::pause(Request request, bool isPaused) {
    if (const auto found = m_tasks.find(request); found != m_tasks.end())
        found->second.pause(isPaused);
}

void EngineClient::cancelAll() {
    for (auto& [request, task] : m_tasks)
        task.cancel();
}

void EngineClient::post(Request request, const engine::Event& event) {
    const std::lock_guard lock(m_mutex);
    m_mailbox.push_back({request, event});
    // One queued call for everything that arrives until it runs, so that a fast engine cannot flood
    // the window.
    if (m_mailbox.size() == 1)
        QMetaObject::invokeMethod(this, &EngineClient::drain, Qt::QueuedConnection);
}

void EngineClient::drain() {
    std::deque<Letter> letters;
    {
        const std::lock_guard lock(m_mutex);
        letters.swap(m_mailbox);
    }
    for (const auto& [request, event] : letters) {
        const auto* done = std::get_if<engine::Done>(&event);
        if (done == nullptr) {
            Q_EMIT arrived(request, event);
            continue;
        }
        m_tasks.erase(request);
        Q_EMIT ended(request, done->cancelled);
        if (m_tasks.empty())
            Q_EMIT idle();
    }
}

} // namespace ui
