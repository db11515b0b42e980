#include "app/run_marker.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace {

namespace fs = std::filesystem;

/// Runs of a program, as processes of their own.
class RunMarker : public testing::Test {
protected:
    RunMarker() {
        std::string pattern = (fs::temp_directory_path() / "infolio-run-XXXXXX").string();
        m_folder = fs::path(::mkdtemp(pattern.data())) / "state";
    }
    ~RunMarker() override { fs::remove_all(m_folder.parent_path()); }

    /// A run that says when it is at work, and waits for a signal; its process.
    pid_t start(app::Doing doing) {
        int ready[2];
        EXPECT_EQ(::pipe(ready), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            (void)app::beginRun(m_folder, "1.2.3");
            app::markDoing(doing);
            (void)!::write(ready[1], "x", 1);
            for (;;)
                ::pause();
        }
        char sign = 0;
        EXPECT_EQ(::read(ready[0], &sign, 1), 1);
        ::close(ready[0]);
        ::close(ready[1]);
        return child;
    }

    static int end(pid_t child, int number) {
        ::kill(child, number);
        int status = 0;
        ::waitpid(child, &status, 0);
        return status;
    }

    /// The next start: what it found, in a process that then ends by itself.
    struct Found {
        bool isLost = false, hasReport = false;
        int doing = 0;
    };
    Found next() {
        int result[2];
        EXPECT_EQ(::pipe(result), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const auto lost = app::beginRun(m_folder, "1.2.3");
            const Found found{lost.has_value(), lost && lost->report,
                              lost ? static_cast<int>(lost->doing) : 0};
            (void)!::write(result[1], &found, sizeof found);
            app::endRun();
            ::_exit(0);
        }
        Found found;
        EXPECT_EQ(::read(result[0], &found, sizeof found), ssize_t(sizeof found));
        ::waitpid(child, nullptr, 0);
        ::close(result[0]);
        ::close(result[1]);
        return found;
    }

    [[nodiscard]] std::string report() const {
        std::ifstream file(m_folder / "last-crash.txt");
        return {std::istreambuf_iterator<char>(file), {}};
    }

    [[nodiscard]] long left() const {
        return std::distance(fs::directory_iterator(m_folder), fs::directory_iterator());
    }

    fs::path m_folder;
};

TEST_F(RunMarker, ReportsAFault) {
    const int status = end(start(app::Doing::Reading), SIGSEGV);
    // The system still learns how the program ended.
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    const Found found = next();
    EXPECT_TRUE(found.isLost);
    EXPECT_TRUE(found.hasReport);
    EXPECT_EQ(found.doing, static_cast<int>(app::Doing::Reading));
    const std::string text = report();
    EXPECT_TRUE(text.starts_with("infolio 1.2.3\nbuild ")) << text;
    EXPECT_NE(text.find("signal SIGSEGV\n"), std::string::npos) << text;
    EXPECT_NE(text.find("infolio+0x"), std::string::npos) << text;
    EXPECT_NE(text.find("libc.so.6+0x"), std::string::npos) << text;
    // Nothing that tells of the person: names of files only, no folders.
    EXPECT_EQ(text.find('/'), std::string::npos) << text;
    // It is told once.
    EXPECT_FALSE(next().isLost);
    EXPECT_EQ(left(), 1);
}

TEST_F(RunMarker, SaysWhereAFaultWas) {
    const pid_t child = ::fork();
    if (child == 0) {
        (void)app::beginRun(m_folder, "1");
        volatile std::uintptr_t nowhere = 0x18; // an address of nobody
        *reinterpret_cast<volatile int*>(nowhere) = 1;
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_TRUE(next().hasReport);
    EXPECT_NE(report().find("signal SIGSEGV at 0x18\n"), std::string::npos) << report();
}

TEST_F(RunMarker, ReportsWhenTheStackIsFull) {
    const pid_t child = ::fork();
    if (child == 0) {
        (void)app::beginRun(m_folder, "1");
        // What a call deeper than the stack does.
        struct Deep {
            static int fall(int depth) {
                volatile char room[4096];
                room[0] = static_cast<char>(depth);
                return depth == INT_MAX ? 0 : fall(depth + 1) + room[0];
            }
        };
        ::_exit(Deep::fall(0));
    }
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(next().hasReport);
}

TEST_F(RunMarker, KnowsOfAKilledRunWithoutAReport) {
    end(start(app::Doing::Writing), SIGKILL);
    const Found found = next();
    EXPECT_TRUE(found.isLost);
    EXPECT_FALSE(found.hasReport);
    EXPECT_EQ(found.doing, static_cast<int>(app::Doing::Writing));
}

TEST_F(RunMarker, LeavesNothingAfterACleanEnd) {
    EXPECT_FALSE(next().isLost);
    EXPECT_EQ(left(), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        (void)app::beginRun(m_folder, "1");
        std::exit(0); // as a lost connection to the display ends it
    }
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(left(), 0);
}

TEST_F(RunMarker, IsAskedToEndWithoutBeingLost) {
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        const int status = end(start(app::Doing::Reading), number);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number);
        EXPECT_EQ(left(), 0);
    }
}

TEST_F(RunMarker, LeavesARunThatGoesOnAlone) {
    const pid_t other = start(app::Doing::Reading);
    EXPECT_FALSE(next().isLost);
    EXPECT_EQ(left(), 1);
    end(other, SIGTERM);
}

TEST_F(RunMarker, DoesWithoutAFolder) {
    std::ofstream(m_folder.string()) << "a file";
    const pid_t child = ::fork();
    if (child == 0) {
        const bool isLost = app::beginRun(m_folder, "1").has_value();
        app::markDoing(app::Doing::Reading);
        app::endRun();
        ::_exit(isLost ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

} // namespace
