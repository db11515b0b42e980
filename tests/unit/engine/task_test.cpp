#include "engine/task.h"

#include <gtest/gtest.h>

#include <new>

namespace {

using engine::Code;
using engine::Done;
using engine::Error;
using engine::Event;
using engine::Failed;
using engine::Task;
using engine::Worker;

struct Seen {
    std::vector<Event> events;
    engine::Sink sink() {
        return [this](const Event& event) { events.push_back(event); };
    }
    [[nodiscard]] int dones() const {
        int count = 0;
        for (const Event& event : events)
            count += std::holds_alternative<Done>(event);
        return count;
    }
};

TEST(Task, EndsWithExactlyOneDoneAfterSuccessFailureAndCancel) {
    Worker worker;
    Seen good, bad, odd, full;
    Task a = worker.submit(Worker::Kind::Other, good.sink(),
                           [](Task::Impl& task) { task.emit(engine::Notice{"x"}); });
    Task b = worker.submit(Worker::Kind::Other, bad.sink(),
                           [](Task::Impl&) { throw Error(Code::Locked, "It is locked."); });
    Task c = worker.submit(Worker::Kind::Other, odd.sink(),
                           [](Task::Impl&) { throw std::runtime_error("odd"); });
    Task d = worker.submit(Worker::Kind::Other, full.sink(),
                           [](Task::Impl&) { throw std::bad_alloc(); });
    for (Task* task : {&a, &b, &c, &d})
        task->wait();
    for (const Seen* seen : {&good, &bad, &odd, &full}) {
        EXPECT_EQ(seen->dones(), 1);
        EXPECT_TRUE(std::holds_alternative<Done>(seen->events.back()));
    }
    EXPECT_EQ(std::get<Failed>(bad.events.front()).code, Code::Locked);
    EXPECT_EQ(std::get<Failed>(odd.events.front()).code, Code::Internal);
    EXPECT_EQ(std::get<Failed>(full.events.front()).code, Code::NoMemory);
}

TEST(Task, WhatItsSinkHoldsIsLetGoWhenItIsDone) {
    Worker worker;
    auto held = std::make_shared<int>();
    const std::weak_ptr<int> seen = held;
    Task task = worker.submit(
        Worker::Kind::Other, [held = std::move(held)](const Event&) {}, [](Task::Impl&) {});
    task.wait();
    EXPECT_TRUE(seen.expired());
}

TEST(Task, DestroyingItCancelsItAndWaits) {
    Worker worker;
    Seen seen;
    {
        const Task task = worker.submit(Worker::Kind::Other, seen.sink(), [](Task::Impl& impl) {
            while (!impl.isCancelled())
                std::this_thread::yield();
        });
    }
    ASSERT_EQ(seen.dones(), 1);
    EXPECT_TRUE(std::get<Done>(seen.events.back()).cancelled);
}

TEST(Task, AReadingLetsOthersInAndReadingsKeepTheirOrder) {
    Worker worker;
    std::vector<std::string> order;
    std::atomic<bool> isQueued = false;
    Task reading = worker.submit(
        Worker::Kind::Reading, [](const Event&) {},
        [&](Task::Impl&) {
            while (!isQueued)
                std::this_thread::yield();
            order.emplace_back("segment");
            worker.letOthersIn();
            order.emplace_back("segment");
        });
    Task second = worker.submit(
        Worker::Kind::Reading, [](const Event&) {},
        [&](Task::Impl&) { order.emplace_back("second"); });
    Task question = worker.submit(
        Worker::Kind::Other, [](const Event&) {},
        [&](Task::Impl&) { order.emplace_back("question"); });
    isQueued = true;
    for (Task* task : {&reading, &second, &question})
        task->wait();
    EXPECT_EQ(order, (std::vector<std::string>{"segment", "question", "segment", "second"}));
}

TEST(Task, APausedReadingStillAnswersAndGoesOn) {
    Worker worker;
    std::atomic<bool> isWaiting = false, isAnswered = false;
    Task reading = worker.submit(
        Worker::Kind::Reading, [](const Event&) {},
        [&](Task::Impl& task) {
            while (!task.isPaused())
                std::this_thread::yield();
            isWaiting = true;
            worker.waitWhilePaused(task);
        });
    reading.pause(true);
    while (!isWaiting)
        std::this_thread::yield();
    Task question = worker.submit(
        Worker::Kind::Other, [](const Event&) {}, [&](Task::Impl&) { isAnswered = true; });
    question.wait();
    EXPECT_TRUE(isAnswered);
    EXPECT_FALSE(reading.isDone());
    reading.pause(false);
    reading.wait();
    EXPECT_TRUE(reading.isDone());
}

TEST(Task, TheWorkerEndsWhatIsQueued) {
    Seen seen;
    Task left;
    {
        Worker worker;
        left = worker.submit(Worker::Kind::Other, seen.sink(), [](Task::Impl& impl) {
            while (!impl.isCancelled())
                std::this_thread::yield();
        });
    }
    EXPECT_TRUE(left.isDone());
    EXPECT_EQ(seen.dones(), 1);
}

TEST(Task, ANewestFirstWorkerEndsCancelledOnesAndThenTheLastOneAsked) {
    Worker worker(Worker::Order::NewestFirst);
    std::vector<std::string> order;
    std::atomic<bool> isRunning = false, isQueued = false;
    const auto named = [&](const char* name) {
        return worker.submit(
            Worker::Kind::Other,
            [&order, name](const Event& event) {
                if (const Done* done = std::get_if<Done>(&event))
                    order.push_back(std::string(done->cancelled ? "not " : "") + name);
            },
            [](Task::Impl&) {});
    };
    Task running = worker.submit(
        Worker::Kind::Other, [](const Event&) {},
        [&](Task::Impl&) {
            isRunning = true;
            while (!isQueued)
                std::this_thread::yield();
        });
    while (!isRunning)
        std::this_thread::yield();
    Task first = named("first"), second = named("second"), third = named("third");
    first.cancel();
    isQueued = true;
    for (Task* task : {&running, &first, &second, &third})
        task->wait();
    EXPECT_EQ(order, (std::vector<std::string>{"not first", "third", "second"}));
}

} // namespace
