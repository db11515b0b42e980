#include <csignal>
#include <random>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/unit/store/fixture.h"

namespace engine::store {
namespace {

/// What a snapshot at `token` holds, so that a torn one is seen.
std::string dataOf(std::int64_t token) {
    return std::string(50000 + static_cast<std::size_t>(token) * 7919 % 200000,
                       static_cast<char>('a' + token % 26));
}

std::int64_t readingOf(Library& library, std::int64_t documentId) {
    ReadingRow row;
    row.documentId = documentId;
    row.modelSha256 = "m";
    row.adapterSha256 = "none";
    return library.reading(row);
}

void addHead(Library& library, std::int64_t readingId, std::int64_t token) {
    SnapshotRow row;
    row.readingId = readingId;
    row.kind = "head";
    row.tokenEnd = token;
    library.addSnapshot(row, dataOf(token));
}

/// Passages that fill about `kilobytes`.
std::vector<std::string> passagesOf(int kilobytes) {
    std::vector<std::string> texts;
    for (int i = 0; i < kilobytes; ++i) {
        std::string text;
        while (text.size() < 1000) {
            text += "word" + std::to_string(text.size() * 31 + static_cast<std::size_t>(i)) + " ";
        }
        texts.push_back(text);
    }
    return texts;
}

class CrashTest : public LibraryTest {
protected:
    /// Fills the library until `Code::DiskFull`; true when that came and nothing stored before it
    /// was lost.
    [[nodiscard]] bool fillsUpWithoutLoss() const {
        const auto library = open();
        const std::int64_t reading = readingOf(*library, addTexts(*library, "first", {"Text. "}));
        std::size_t documents = 1;
        std::int64_t token = 0;
        try {
            for (int i = 0; i < 1000; ++i) {
                addHead(*library, reading, token + 1);
                ++token;
                addTexts(*library, std::to_string(i), passagesOf(50));
                ++documents;
            }
            return false;
        } catch (const Error& error) {
            if (error.code() != Code::DiskFull) {
                std::fprintf(stderr, "%s\n", error.what());
                return false;
            }
        }
        const auto heads = library->snapshots(reading);
        return documents > 1 && library->documents().size() == documents && heads.size() == 1 &&
               heads[0].tokenEnd == token && library->snapshotData(heads[0].id) == dataOf(token);
    }

    void expectUnharmed() const {
        const auto library = open();
        EXPECT_EQ(library->verify({}), std::vector<std::string>{});
        EXPECT_GT(addTexts(*library, "made room", passagesOf(100)), 0);
    }
};

TEST_F(CrashTest, killedAtAnyMomentTheLastCommitCounts) {
    constexpr int kRounds = 20;
    std::mt19937 random(3);
    const std::int64_t reading = readingOf(*open(), addTexts(*open(), "first", {"Text. "}));
    std::int64_t before = 0;
    for (int round = 0; round < kRounds; ++round) {
        int pipe[2];
        ASSERT_EQ(::pipe(pipe), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            try {
                const auto library = open();
                const auto lock = library->lockForReading(0); // the killed holder has let go
                for (std::int64_t token = before + 1;; ++token) {
                    addHead(*library, reading, token);
                    static_cast<void>(::write(pipe[1], &token, sizeof token));
                    addTexts(*library, std::to_string(round) + "-" + std::to_string(token),
                             passagesOf(20));
                }
            } catch (const Error& error) {
                std::fprintf(stderr, "%s\n", error.what());
            }
            ::_exit(1);
        }
        ::close(pipe[1]);
        std::int64_t committed = 0;
        for (auto commits = 1 + random() % 6; commits > 0; --commits) {
            ASSERT_EQ(::read(pipe[0], &committed, sizeof committed),
                      static_cast<ssize_t>(sizeof committed));
        }
        volatile unsigned spin = random() % 3000000; // a part of the next commit or two
        while (spin > 0) {
            spin = spin - 1;
        }
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_TRUE(WIFSIGNALED(status));
        ::close(pipe[0]);

        const auto library = open();
        ASSERT_EQ(library->verify({}), std::vector<std::string>{});
        const auto heads = library->snapshots(reading);
        ASSERT_EQ(heads.size(), 1U);
        ASSERT_GE(heads[0].tokenEnd, committed);
        ASSERT_TRUE(library->snapshotData(heads[0].id) == dataOf(heads[0].tokenEnd));
        before = heads[0].tokenEnd;
    }
}

TEST_F(CrashTest, aFullDiskLosesNothing) {
    const bool isAllowed =
        inChild([] { // may this user mount at all?
            return ::unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) == 0 &&
                   ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
        }) == 0;
    if (!isAllowed) {
        GTEST_SKIP() << "mounting a small file system is not allowed here";
    }
    std::filesystem::create_directory(folder);
    EXPECT_EQ(inChild([this] {
                  const auto mountOptions = [this](const char* options, unsigned long flags) {
                      return ::mount("tmpfs", folder.c_str(), "tmpfs", flags, options) == 0;
                  };
                  if (::unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) !=
                          0 ||
                      ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
                      !mountOptions("size=4m", 0) || !fillsUpWithoutLoss()) {
                      return false;
                  }
                  std::size_t documents = open()->documents().size();
                  if (!open()->verify({}).empty() || !mountOptions("size=40m", MS_REMOUNT)) {
                      return false;
                  }
                  addTexts(*open(), "made room", passagesOf(300));
                  return open()->documents().size() == documents + 1 && open()->verify({}).empty();
              }),
              0);
}

TEST_F(CrashTest, aFullDiskAtTheFirstStartIsNamed) {
    EXPECT_EQ(inChild([this] {
                  const rlimit limit{20000, 20000};
                  ::signal(SIGXFSZ, SIG_IGN);
                  ::setrlimit(RLIMIT_FSIZE, &limit);
                  return codeOf([&] { static_cast<void>(open()); }) == Code::DiskFull;
              }),
              0);
    EXPECT_TRUE(open()->documents().empty());
    EXPECT_TRUE(open()->verify({}).empty());
}

TEST_F(CrashTest, aFileSizeLimitIsAFullDisk) {
    EXPECT_EQ(inChild([this] {
                  const rlimit limit{3 << 20, 3 << 20};
                  ::signal(SIGXFSZ, SIG_IGN);
                  ::setrlimit(RLIMIT_FSIZE, &limit);
                  return fillsUpWithoutLoss();
              }),
              0);
    expectUnharmed();
}

} // namespace
} // namespace engine::store
