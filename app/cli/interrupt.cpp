#include "app/cli/interrupt.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace app::cli {
namespace {

Interrupt* installed = nullptr;

void handle(int signal) {
    const int savedErrno = errno;
    installed->onSignal(signal);
    errno = savedErrno;
}

} // namespace

Interrupt::Interrupt() {
    if (pipe2(m_pipe, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
}

Interrupt::~Interrupt() {
    if (installed == this) {
        for (const int signal : {SIGINT, SIGTERM, SIGHUP})
            std::signal(signal, SIG_DFL);
        installed = nullptr;
    }
    close(m_pipe[0]);
    close(m_pipe[1]);
}

void Interrupt::install() {
    installed = this;
    struct sigaction action = {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction before = {};
        sigaction(signal, &action, &before);
        if (before.sa_handler == SIG_IGN)
            sigaction(signal, &before, nullptr);
    }
    // A closed pipe shows as a failed write, which ends the request in an orderly way.
    std::signal(SIGPIPE, SIG_IGN);
}

Interrupt::Wake Interrupt::wait() {
    char byte = 0;
    while (read(m_pipe[0], &byte, 1) != 1) {
    }
    return static_cast<Wake>(byte);
}

void Interrupt::notify(Wake wake) {
    const char byte = static_cast<char>(wake);
    while (write(m_pipe[1], &byte, 1) != 1 && errno == EINTR) {
    }
}

void Interrupt::onSignal(int signal) {
    int none = 0;
    if (!m_signal.compare_exchange_strong(none, signal))
        _exit(128 + signal);
    notify(Wake::Signal);
}

} // namespace app::cli
