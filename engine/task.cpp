#include "engine/task.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <new>

namespace engine {

void Task::Impl::run() {
    try {
        if (!m_isCancelled)
            m_work(*this);
    } catch (const Error& error) {
        emit(Failed{error.code(), error.what(), ""});
    } catch (const std::bad_alloc&) {
        emit(Failed{Code::NoMemory,
                    "There is not enough memory for this request; close other programs or "
                    "use a smaller model.",
                    ""});
    } catch (const std::exception& error) {
        emit(Failed{Code::Internal,
                    std::string("Something in Infolio itself went wrong: ") + error.what(), ""});
    }
    emit(Done{m_isCancelled});
    m_sink = nullptr;
    const std::lock_guard lock(m_mutex);
    m_work = nullptr;
    m_isDone = true;
    m_changed.notify_all();
}

void Task::Impl::cancel() {
    m_isCancelled = true;
}

void Task::Impl::pause(bool paused) {
    m_isPaused = paused;
}

void Task::Impl::wait() {
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_isDone.load(); });
}

Task::Task(std::shared_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Task::Task(Task&&) noexcept = default;

Task& Task::operator=(Task&& other) noexcept {
    if (this != &other) {
        Task old(std::move(m_impl));
        m_impl = std::move(other.m_impl);
    }
    return *this;
}

Task::~Task() {
    if (!m_impl)
        return;
    m_impl->cancel();
    m_impl->wait();
}

void Task::cancel() {
    if (m_impl)
        m_impl->cancel();
}

void Task::pause(bool paused) {
    if (m_impl)
        m_impl->pause(paused);
}

void Task::wait() {
    if (m_impl)
        m_impl->wait();
}

bool Task::isDone() const {
    return !m_impl || m_impl->isDone();
}

Worker::Worker(Order order) : m_order(order), m_thread([this] { loop(); }) {}

Worker::~Worker() {
    {
        const std::lock_guard lock(m_mutex);
        m_isStopping = true;
        for (const Job& job : m_queue)
            job.task->cancel();
        if (m_running)
            m_running->cancel();
        m_changed.notify_all();
    }
    m_thread.join();
}

Task Worker::submit(Kind kind, Sink sink, Task::Impl::Work work) {
    auto task = std::make_shared<Task::Impl>(std::move(sink), std::move(work));
    const std::lock_guard lock(m_mutex);
    if (m_isStopping)
        task->cancel();
    m_queue.push_back({kind, task});
    m_changed.notify_all();
    return Task(std::move(task));
}

void Worker::loop() {
    while (true) {
        std::shared_ptr<Task::Impl> task;
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [this] { return m_isStopping || !m_queue.empty(); });
            if (m_queue.empty())
                return;
            task = takeNext();
            m_running = task;
        }
        task->run();
        const std::lock_guard lock(m_mutex);
        m_running.reset();
    }
}

std::shared_ptr<Task::Impl> Worker::takeNext() {
    auto next = m_queue.begin();
    if (m_order == Order::NewestFirst) {
        next = std::find_if(m_queue.begin(), m_queue.end(),
                            [](const Job& job) { return job.task->isCancelled(); });
        if (next == m_queue.end())
            next = std::prev(m_queue.end());
    }
    auto task = std::move(next->task);
    m_queue.erase(next);
    return task;
}

std::shared_ptr<Task::Impl> Worker::takeOther() {
    const std::lock_guard lock(m_mutex);
    for (auto job = m_queue.begin(); job != m_queue.end(); ++job) {
        if (job->kind == Kind::Other) {
            auto task = std::move(job->task);
            m_queue.erase(job);
            return task;
        }
    }
    return nullptr;
}

void Worker::letOthersIn() {
    while (auto task = takeOther())
        task->run();
}

void Worker::waitWhilePaused(const Task::Impl& reading) {
    // Pause and cancel are flags without a signal of their own, hence the short timeout.
    while (reading.isPaused() && !reading.isCancelled()) {
        letOthersIn();
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, std::chrono::milliseconds(50));
    }
}

} // namespace engine
