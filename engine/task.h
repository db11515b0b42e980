#pragma once
/// A thread of the engine with its queue of requests, and the one place where an exception becomes
/// an event.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/engine.h"

namespace engine {

/// One request. Shared by the Task that its caller holds and the worker; the sink is dropped once
/// Done was delivered.
class Task::Impl {
public:
    using Work = std::function<void(Task::Impl&)>;

    Impl(Sink sink, Work work) : m_sink(std::move(sink)), m_work(std::move(work)) {}

    /// Worker thread: delivers an event.
    void emit(const Event& event) const { m_sink(event); }
    /// Worker thread: runs the work; an exception becomes Failed; Done comes last. Never throws.
    void run();

    void cancel();
    void pause(bool paused);
    void wait();
    [[nodiscard]] bool isCancelled() const { return m_isCancelled; }
    [[nodiscard]] bool isPaused() const { return m_isPaused; }
    [[nodiscard]] bool isDone() const { return m_isDone; }

private:
    Sink m_sink;
    Work m_work;
    std::atomic<bool> m_isCancelled = false;
    std::atomic<bool> m_isPaused = false;
    std::atomic<bool> m_isDone = false;
    std::mutex m_mutex;
    std::condition_variable m_changed;
};

/// Runs requests one after another on its thread, the oldest first unless told otherwise.
class Worker {
public:
    enum class Kind { Reading, Other };
    /// NewestFirst: what a person looks at is what was asked for last. Cancelled requests come
    /// before all others there, as they cost nothing and their callers may be waiting.
    enum class Order { OldestFirst, NewestFirst };

    explicit Worker(Order order = Order::OldestFirst);
    /// Cancels what is queued or running and returns when each has delivered its Done.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Any thread.
    Task submit(Kind kind, Sink sink, Task::Impl::Work work);
    /// Worker thread, from a reading between two segments: runs the queued requests that are no
    /// readings.
    void letOthersIn();
    /// Worker thread, from a paused reading: the same, until the reading goes on or is cancelled.
    void waitWhilePaused(const Task::Impl& reading);

private:
    struct Job {
        Kind kind;
        std::shared_ptr<Task::Impl> task;
    };
    void loop();
    std::shared_ptr<Task::Impl> takeNext(); ///< under m_mutex, from a queue that is not empty
    std::shared_ptr<Task::Impl> takeOther();

    const Order m_order;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<Job> m_queue;
    std::shared_ptr<Task::Impl> m_running;
    bool m_isStopping = false;
    std::thread m_thread;
};

} // namespace engine
