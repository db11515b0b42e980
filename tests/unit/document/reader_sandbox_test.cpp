#include <array>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine/document/wire.h"
#include "tests/unit/document/reader_test_files.h"

namespace engine::document {
namespace {

class ReaderSandbox : public ReaderTest {
protected:
    /// How the probe ended that tried this inside the sandbox, as waitpid tells.
    int attempt(std::string what) {
        std::string program = TEST_BINARIES "/sandbox_probe";
        std::string target = file("target", "content");
        std::array<char*, 4> arguments{program.data(), what.data(), target.data(), nullptr};
        pid_t process = -1;
        EXPECT_EQ(
            posix_spawn(&process, program.c_str(), nullptr, nullptr, arguments.data(), environ), 0);
        int status = 0;
        waitpid(process, &status, 0);
        return status;
    }
};

TEST_F(ReaderSandbox, WaysOutAreDeath) {
    for (const char* what : {"socket", "exec", "clone", "ptrace", "uring"}) {
        const int status = attempt(what);
        EXPECT_TRUE(WIFSIGNALED(status)) << what;
        EXPECT_EQ(WTERMSIG(status), SIGSYS) << what;
    }
}

TEST_F(ReaderSandbox, OtherCallsAreRefused) {
    for (const char* what : {"write", "create", "unlink", "kill-parent", "code"})
        EXPECT_EQ(WEXITSTATUS(attempt(what)), EPERM) << what;
    EXPECT_EQ(WEXITSTATUS(attempt("clone3")), ENOSYS);
    EXPECT_EQ(WEXITSTATUS(attempt("read")), 0);
    EXPECT_EQ(WTERMSIG(attempt("abort")), SIGABRT);
    EXPECT_EQ(contentOf(path("target")), "content");
}

TEST_F(ReaderSandbox, MemoryIsBounded) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "a sanitizer needs the address space that the sandbox bounds";
#else
    EXPECT_EQ(WEXITSTATUS(attempt("memory")), ENOMEM);
#endif
}

TEST_F(ReaderSandbox, TheReaderGreetsFromInside) {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const int document = open(file("document", "text").c_str(), O_RDONLY);
    std::string program = TEST_BINARIES "/infolio-reader";
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const int high = fcntl(ends[1], F_DUPFD, 20);
    const int highDocument = fcntl(document, F_DUPFD, 20);
    posix_spawn_file_actions_adddup2(&actions, highDocument, 3);
    posix_spawn_file_actions_adddup2(&actions, high, 4);
    std::array<char*, 2> arguments{program.data(), nullptr};
    pid_t process = -1;
    ASSERT_EQ(posix_spawn(&process, program.c_str(), &actions, nullptr, arguments.data(), environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
    std::string greeting(wire::kHeader, '\0');
    ASSERT_EQ(read(ends[0], greeting.data(), greeting.size()),
              static_cast<ssize_t>(greeting.size()));
    EXPECT_EQ(wire::header(greeting).type, wire::Type::Hello);
    const std::string status = contentOf("/proc/" + std::to_string(process) + "/status");
    EXPECT_NE(status.find("NoNewPrivs:\t1\n"), std::string::npos);
    EXPECT_NE(status.find("Seccomp:\t2\n"), std::string::npos);
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
    for (const int descriptor : {ends[0], ends[1], document, high, highDocument})
        close(descriptor);
}

TEST_F(ReaderSandbox, AReaderStartedByHandSaysSo) {
    std::string program = TEST_BINARIES "/infolio-reader";
    std::array<char*, 2> arguments{program.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    pid_t process = -1;
    ASSERT_EQ(posix_spawn(&process, program.c_str(), &actions, nullptr, arguments.data(), environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    waitpid(process, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 2);
}

} // namespace
} // namespace engine::document
