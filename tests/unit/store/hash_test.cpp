#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/unit/store/fixture.h"

namespace engine::store {
namespace {

TEST(Sha256Test, knownAnswers) { // FIPS 180-4 examples
    EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, aDigestDoesNotEndTheHash) {
    Sha256 hash;
    hash.add("ab");
    EXPECT_EQ(hash.digest(), sha256("ab"));
    hash.add("c");
    EXPECT_EQ(hash.digest(), sha256("abc"));
    Sha256 moved = std::move(hash);
    moved.add("d");
    EXPECT_EQ(moved.digest(), sha256("abcd"));
}

using FileHashTest = LibraryTest;

TEST_F(FileHashTest, hashesAFileAndReportsItsProgress) {
    const std::string bytes((3U << 20) + 5, 'x');
    const std::string path = base + "/Bücher 100%?.txt";
    std::ofstream(path, std::ios::binary) << bytes;
    std::int64_t last = 0;
    EXPECT_EQ(sha256OfFile(path,
                           [&](std::int64_t done, std::int64_t total) {
                               EXPECT_GT(done, last);
                               EXPECT_EQ(total, static_cast<std::int64_t>(bytes.size()));
                               last = done;
                               return true;
                           }),
              sha256(bytes));
    EXPECT_EQ(last, static_cast<std::int64_t>(bytes.size()));
    EXPECT_EQ(sha256OfFile(path, {}), sha256(bytes));
    EXPECT_EQ(sha256OfFile(path, [](auto, auto) { return false; }), "");
    std::ofstream(base + "/empty");
    EXPECT_EQ(sha256OfFile(base + "/empty", {}), sha256(""));
}

TEST_F(FileHashTest, refusesWhatIsNotAFile) {
    const std::string fifo = base + "/fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const std::string socketPath = base + "/socket";
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socketPath.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    for (const std::string& path : {base, fifo, socketPath, std::string("/dev/null")}) {
        std::string message;
        EXPECT_EQ(codeOf([&] { sha256OfFile(path, {}); }, &message), Code::NotAFile);
        EXPECT_NE(message.find(path), std::string::npos);
    }
    ::close(socket);
    EXPECT_EQ(codeOf([&] { sha256OfFile(base + "/absent", {}); }), Code::FileMissing);
    EXPECT_EQ(codeOf([&] { sha256OfFile("", {}); }), Code::FileMissing);
}

} // namespace
} // namespace engine::store
