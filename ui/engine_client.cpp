#include "ui/engine_client.h"

#include <QElapsedTimer>
#include <QMetaObject>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ui {
namespace {

/// So long at a stretch the window deals with what has arrived.
constexpr int kTurnMs = 10;

} // namespace

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
    queueDrain();
}

/// With the mailbox locked. One call at a time, so that a fast engine cannot flood the window.
void EngineClient::queueDrain() {
    if (!std::exchange(m_isDrainQueued, true))
        QMetaObject::invokeMethod(this, &EngineClient::drain, Qt::QueuedConnection);
}

void EngineClient::drain() {
    std::deque<Letter> letters;
    {
        const std::lock_guard lock(m_mutex);
        letters.swap(m_mailbox);
        m_isDrainQueued = false;
    }
    QElapsedTimer clock;
    clock.start();
    while (!letters.empty()) {
        if (clock.hasExpired(kTurnMs)) {
            // The window has its turn before the rest.
            const std::lock_guard lock(m_mutex);
            std::ranges::move(m_mailbox, std::back_inserter(letters));
            m_mailbox.swap(letters);
            queueDrain();
            return;
        }
        const auto [request, event] = std::move(letters.front());
        letters.pop_front();
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
