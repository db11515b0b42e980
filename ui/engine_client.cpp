#include "ui/engine_client.h"

#include <QMetaObject>
#include <QScopeGuard>

#include <algorithm>
#include <utility>

namespace ui {
namespace {

/// So long at a stretch the window deals with what has arrived.
constexpr int kTurnMs = 8;

/// Whether an event says all that `before` said, or was made to say it.
bool absorbs(engine::Event& before, const engine::Event& event) {
    if (auto* gist = std::get_if<engine::Gist>(&before)) {
        const auto* more = std::get_if<engine::Gist>(&event);
        if (more != nullptr)
            gist->utf8 += more->utf8;
        return more != nullptr;
    }
    auto* progress = std::get_if<engine::Progress>(&before);
    const auto* newer = std::get_if<engine::Progress>(&event);
    if (progress == nullptr || newer == nullptr || progress->stage != newer->stage ||
        progress->document != newer->document)
        return false;
    *progress = *newer;
    return true;
}

} // namespace

EngineClient::EngineClient(engine::Engine& engine, QObject* parent)
    : QObject(parent), m_engine(engine) {
    m_frame.setSingleShot(true);
    m_frame.setTimerType(Qt::PreciseTimer);
    connect(&m_frame, &QTimer::timeout, this, &EngineClient::drain);
}

EngineClient::~EngineClient() {
    cancelAll();
}

engine::Sink EngineClient::sink(Request request) {
    return [this, request](const engine::Event& event) { post(request, event); };
}

template <typename Start> EngineClient::Request EngineClient::begin(Start start) {
    const Request request = ++m_last;
    m_tasks.emplace(request, start(sink(request)));
    return request;
}

template <typename Start> EngineClient::Request EngineClient::rewrite(Start start) {
    const Request request = begin(start);
    m_rewriting.insert(request);
    return request;
}

EngineClient::Request EngineClient::read(const engine::ReadRequest& request) {
    return begin([&](engine::Sink sink) { return m_engine.read(request, std::move(sink)); });
}

EngineClient::Request EngineClient::ask(const engine::AskRequest& request) {
    return begin([&](engine::Sink sink) { return m_engine.ask(request, std::move(sink)); });
}

EngineClient::Request EngineClient::search(const engine::SearchRequest& request) {
    return begin([&](engine::Sink sink) { return m_engine.search(request, std::move(sink)); });
}

EngineClient::Request EngineClient::summarize(const engine::SummaryRequest& request) {
    return begin([&](engine::Sink sink) { return m_engine.summarize(request, std::move(sink)); });
}

EngineClient::Request EngineClient::render(const engine::RenderRequest& request) {
    engine::RenderRequest known = request;
    known.password = passwordOf(request.document);
    return begin([&](engine::Sink sink) { return m_engine.render(known, std::move(sink)); });
}

EngineClient::Request EngineClient::links(const engine::LinksRequest& request) {
    engine::LinksRequest known = request;
    known.password = passwordOf(request.document);
    return begin([&](engine::Sink sink) { return m_engine.links(known, std::move(sink)); });
}

EngineClient::Request EngineClient::exportDocument(const engine::ExportRequest& request) {
    return begin(
        [&](engine::Sink sink) { return m_engine.exportDocument(request, std::move(sink)); });
}

EngineClient::Request EngineClient::useModel(const engine::ModelRequest& request) {
    return begin([&](engine::Sink sink) { return m_engine.useModel(request, std::move(sink)); });
}

EngineClient::Request EngineClient::device() {
    return begin([&](engine::Sink sink) { return m_engine.device(std::move(sink)); });
}

EngineClient::Request EngineClient::purge() {
    return rewrite([&](engine::Sink sink) { return m_engine.purge(std::move(sink)); });
}

EngineClient::Request EngineClient::forgetAnswers() {
    return rewrite([&](engine::Sink sink) { return m_engine.forgetAnswers(std::move(sink)); });
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

void EngineClient::setPassword(const engine::DocumentId& document, const QString& password) {
    m_passwords[document] = password.toStdString();
    Q_EMIT passwordGiven(document);
}

std::optional<std::string> EngineClient::passwordOf(const engine::DocumentId& document) const {
    const auto found = m_passwords.find(document);
    return found == m_passwords.end() ? std::nullopt : std::optional(found->second);
}

void EngineClient::post(Request request, const engine::Event& event) {
    const std::lock_guard lock(m_mutex);
    if (!m_mailbox.empty() && m_mailbox.back().request == request &&
        absorbs(m_mailbox.back().event, event))
        return;
    m_mailbox.push_back({request, event});
    if (!std::exchange(m_isScheduled, true))
        QMetaObject::invokeMethod(this, &EngineClient::schedule, Qt::QueuedConnection);
}

/// By a timer and not by a queued call: Qt runs calls that are queued meanwhile before it paints.
void EngineClient::schedule() {
    const qint64 since = m_lastFrame.isValid() ? m_lastFrame.elapsed() : kFrameMs;
    m_frame.start(static_cast<int>(std::clamp<qint64>(kFrameMs - since, 0, kFrameMs)));
}

std::optional<EngineClient::Letter> EngineClient::next() {
    const std::lock_guard lock(m_mutex);
    if (m_mailbox.empty()) {
        m_isScheduled = false;
        return std::nullopt;
    }
    std::optional<Letter> letter = std::move(m_mailbox.front());
    m_mailbox.pop_front();
    return letter;
}

void EngineClient::drain() {
    m_lastFrame.start();
    // A slot may throw, which ends this frame; what waits behind it has its turn all the same.
    bool isEmpty = false;
    const auto rest = qScopeGuard([&] {
        if (!isEmpty)
            schedule();
    });
    for (int i = 0; i < kFrameEvents && !m_lastFrame.hasExpired(kTurnMs); ++i) {
        const std::optional<Letter> letter = next();
        if (!letter) {
            isEmpty = true;
            return;
        }
        deliver(*letter);
    }
}

void EngineClient::deliver(const Letter& letter) {
    const auto* done = std::get_if<engine::Done>(&letter.event);
    if (done == nullptr) {
        Q_EMIT arrived(letter.request, letter.event);
        return;
    }
    m_tasks.erase(letter.request);
    m_rewriting.erase(letter.request);
    try {
        Q_EMIT ended(letter.request, done->cancelled);
    } catch (...) {
        // Who waits for the last request, to close the window for one, would wait for ever.
        sayIfIdle();
        throw;
    }
    sayIfIdle();
}

void EngineClient::sayIfIdle() {
    if (m_tasks.empty())
        Q_EMIT idle();
}

} // namespace ui
