#include <csignal>
#include <ostream>
#include <streambuf>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/unit/app/cli_run.h"

class Interrupted : public CliTest {
protected:
    Interrupted() {
        // The signal comes while the request runs, and the request runs until it is cancelled.
        scenario.beforeDone = [this](const engine::Task::Impl& task) {
            interrupt.onSignal(m_signal);
            while (!task.isCancelled())
                std::this_thread::yield();
        };
        scenario.library = {support::fakeDocument('a', "Emma")};
    }
    int m_signal = SIGINT;
};

TEST_F(Interrupted, ReadingIsCancelledAndEndsWith130) {
    const Result result = run({"read", write("a.epub", "x")});
    EXPECT_EQ(result.status, 130);
    EXPECT_NE(result.err.find("what was read is kept"), std::string::npos) << result.err;
}

TEST_F(Interrupted, TerminationEndsWith143) {
    m_signal = SIGTERM;
    int status = 0;
    records({"ask", "Emma", "Why?"}, &status);
    EXPECT_EQ(status, 143);
}

TEST_F(Interrupted, NoFurtherQuestionIsAsked) {
    input = "One?\nTwo?\n";
    EXPECT_EQ(run({"ask", "Emma", "--questions", "-"}).status, 130);
    EXPECT_EQ(scenario.askRequests.size(), 1U);
}

TEST(Interrupt, SecondSignalEndsAtOnce) {
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGINT, SIG_DFL);
        app::cli::Interrupt interrupt;
        interrupt.install();
        raise(SIGINT);
        if (interrupt.signal() != SIGINT)
            _exit(1);
        raise(SIGTERM);
        _exit(2);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 143);
}

TEST(Interrupt, WhatIsIgnoredStaysIgnored) {
    std::signal(SIGHUP, SIG_IGN);
    {
        app::cli::Interrupt interrupt;
        interrupt.install();
        raise(SIGHUP);
        EXPECT_EQ(interrupt.signal(), 0);
    }
    std::signal(SIGHUP, SIG_DFL);
    std::signal(SIGPIPE, SIG_DFL);
}

namespace {

/// Takes no byte, as a closed pipe or a full disk does.
class Refusing : public std::streambuf {
public:
    explicit Refusing(int error) : m_error(error) {}

protected:
    int overflow(int) override {
        errno = m_error;
        return traits_type::eof();
    }

private:
    int m_error;
};

} // namespace

class OutputGone : public CliTest {
protected:
    Result runInto(int error) {
        Refusing buffer(error);
        std::ostream out(&buffer);
        std::ostringstream err;
        std::istringstream in;
        app::cli::Environment environment{out, err, in, interrupt};
        environment.openEngine = [this](const engine::Options&) {
            return std::make_unique<support::FakeEngine>(scenario);
        };
        scenario.script["search"] = {engine::SearchHit{fakeEvidence(1, "x")}};
        scenario.beforeDone = [](const engine::Task::Impl& task) {
            while (!task.isCancelled())
                std::this_thread::yield();
        };
        const int status = app::cli::run({"search", "sea"}, environment);
        return {status, "", err.str()};
    }
};

TEST_F(OutputGone, AClosedPipeEndsQuietly) {
    const Result result = runInto(EPIPE);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "");
}

TEST_F(OutputGone, AFullDiskIsSaid) {
    const Result result = runInto(ENOSPC);
    EXPECT_EQ(result.status, 7);
    EXPECT_NE(result.err.find("Standard output cannot be written"), std::string::npos);
}
