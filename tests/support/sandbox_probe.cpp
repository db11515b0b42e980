// Enters the reader's sandbox, then tries what its argument names. Ends with the error number, 0
// for success.
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/reader/sandbox.h"

namespace {

bool attempt(const std::string& what, const std::string& path) {
    if (what == "socket")
        return socket(AF_INET, SOCK_STREAM, 0) >= 0;
    if (what == "exec")
        return execl("/bin/true", "true", nullptr) == 0;
    if (what == "clone")
        return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0;
    if (what == "clone3") {
        clone_args arguments{};
        return syscall(SYS_clone3, &arguments, sizeof arguments) >= 0;
    }
    if (what == "ptrace")
        return syscall(SYS_ptrace, 0, 0, 0, 0) == 0;
    if (what == "uring")
        return syscall(SYS_io_uring_setup, 1, nullptr) >= 0;
    if (what == "kill-parent")
        return kill(getppid(), 0) == 0;
    if (what == "read")
        return open(path.c_str(), O_RDONLY) >= 0;
    if (what == "write")
        return open(path.c_str(), O_WRONLY) >= 0;
    if (what == "create")
        return open((path + ".new").c_str(), O_RDONLY | O_CREAT, 0600) >= 0;
    if (what == "unlink")
        return unlink(path.c_str()) == 0;
    if (what == "code")
        return mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
               MAP_FAILED;
    if (what == "memory")
        return mmap(nullptr, std::size_t{3} << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
               MAP_FAILED;
    if (what == "abort")
        std::abort();
    errno = EINVAL;
    return false;
}

} // namespace

int main(int count, char** arguments) {
    if (count != 3)
        return 2;
    engine::reader::enterSandbox();
    _exit(attempt(arguments[1], arguments[2]) ? 0 : errno);
}
