#include "engine/document/reader_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/error.h"

namespace engine::document {

using namespace wire;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

std::string quoted(const std::string& path) {
    return "\"" + repairUtf8(std::filesystem::path(path).filename().string()) + "\"";
}

bool isSame(const struct stat& a, const struct stat& b) {
    return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

} // namespace

Descriptor::~Descriptor() {
    if (m_number >= 0)
        close(m_number);
}

Source::Source(const std::string& path) : m_name(quoted(path)) {
    // Looked at before it is opened: opening a FIFO can block, and opening a device can do
    // things.
    examine(stat(path.c_str(), &m_status), path);
    m_file = Descriptor(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    examine(m_file.get() < 0 ? -1 : fstat(m_file.get(), &m_status), path);
    if (m_status.st_size == 0)
        throw Error(Code::BadFile,
                    m_name + " is empty; there is nothing to read. Choose another file.");
    std::string suffix = std::filesystem::path(path).extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    m_isMarkdown = suffix == ".md" || suffix == ".markdown" || suffix == ".mkd";
}

void Source::throwIfChanged() const {
    struct stat status {};
    if (fstat(m_file.get(), &status) != 0 || !isSame(status, m_status))
        throwChanged();
}

void Source::throwChanged() const {
    throw Error(Code::FileChanged,
                m_name + " changed while it was read. Read it again when it is complete.");
}

void Source::examine(int result, const std::string& path) const {
    if (result != 0)
        throw Error(Code::FileMissing, m_name + " cannot be opened at " + repairUtf8(path) + ": " +
                                           std::strerror(errno) + ". Choose the file again.");
    if (!S_ISREG(m_status.st_mode))
        throw Error(Code::NotAFile,
                    m_name + " is a folder or a device, not a file. Choose a file.");
}

Process::Process(const std::string& program, int document, Limits limits) : m_limits(limits) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        fail(program, errno);
    m_channel = Descriptor(ends[0]);
    const Descriptor theirs(ends[1]);
    // High numbers first, so that neither copy overwrites the other's source.
    const Descriptor file(fcntl(document, F_DUPFD_CLOEXEC, 10));
    const Descriptor channel(fcntl(theirs.get(), F_DUPFD_CLOEXEC, 10));
    const int result = spawn(program, file.get(), channel.get());
    if (result != 0)
        fail(program, result);
    clock_getcpuclockid(m_pid, &m_clock);
    restartClocks();
}

Process::~Process() {
    kill(m_pid, SIGKILL);
    reap();
}

void Process::restartClocks() {
    m_wallEnd = steady_clock::now() + m_limits.wall;
    m_cpuEnd = cpuTime() + m_limits.cpu;
}

void Process::send(Type type, std::string payload) {
    std::string bytes = frames(type, ++m_request, payload);
    std::string_view left = bytes;
    while (!left.empty()) {
        const ssize_t count = ::send(m_channel.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        // A reader that is gone shows when the answer is read.
        if (count < 0)
            break;
        left.remove_prefix(static_cast<std::size_t>(count));
    }
    // Requests can hold a password.
    explicit_bzero(bytes.data(), bytes.size());
    explicit_bzero(payload.data(), payload.size());
}

Message Process::receive(const std::function<bool()>& isStopped) {
    Message message;
    for (;;) {
        const Header head = checkedHeader(isStopped);
        if (message.payload.size() + head.payload > kMaxMessage)
            throw Ended{Ending::Lied, "a message without end"};
        receiveBytes(message.payload, head.payload, isStopped);
        message.type = head.type;
        if (head.type != Type::More)
            return message;
    }
}

bool Process::diedOfBus() {
    kill(m_pid, SIGKILL);
    reap();
    return WIFSIGNALED(m_status) && WTERMSIG(m_status) == SIGBUS;
}

void Process::fail(const std::string& program, int error) {
    throw Error(Code::ReaderFailed, "The reader " + repairUtf8(program) + " cannot be started: " +
                                        std::strerror(error) + ". Install Infolio again.");
}

int Process::spawn(const std::string& program, int document, int channel) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (const int standard : {0, 1, 2})
        posix_spawn_file_actions_addopen(&actions, standard, "/dev/null",
                                         standard == 0 ? O_RDONLY : O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, document, 3);
    posix_spawn_file_actions_adddup2(&actions, channel, 4);
    posix_spawn_file_actions_addclosefrom_np(&actions, 5);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    // A group of its own: Ctrl-C in a terminal is for the engine, which then stops in order.
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    std::string name = "infolio-reader";
    std::array<char*, 2> arguments{name.data(), nullptr};
    std::array<char*, 1> environment{nullptr};
    const int result = posix_spawn(&m_pid, program.c_str(), &actions, &attributes, arguments.data(),
                                   environment.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return result;
}

void Process::reap() {
    if (!m_isReaped)
        while (waitpid(m_pid, &m_status, 0) < 0 && errno == EINTR) {
        }
    m_isReaped = true;
}

nanoseconds Process::cpuTime() const {
    timespec time{};
    if (clock_gettime(m_clock, &time) != 0)
        return nanoseconds::zero();
    return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

Header Process::checkedHeader(const std::function<bool()>& isStopped) {
    std::string bytes;
    receiveBytes(bytes, kHeader, isStopped);
    try {
        const Header head = header(bytes);
        if (head.request != m_request)
            throw WireError("an answer to another request");
        return head;
    } catch (const WireError& error) {
        throw Ended{Ending::Lied, error.what()};
    }
}

/// Appends `size` bytes. Memory grows as bytes arrive, not as they are announced.
void Process::receiveBytes(std::string& into, std::size_t size,
                           const std::function<bool()>& isStopped) {
    std::array<char, 65536> piece;
    while (size > 0) {
        waitForBytes(isStopped);
        const ssize_t count = read(m_channel.get(), piece.data(), std::min(size, piece.size()));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            throw Ended{Ending::Crashed, "the reader crashed"};
        into.append(piece.data(), static_cast<std::size_t>(count));
        size -= static_cast<std::size_t>(count);
    }
}

void Process::waitForBytes(const std::function<bool()>& isStopped) {
    for (;;) {
        if (isStopped && isStopped())
            throw Ended{Ending::Stopped, "it was stopped"};
        const nanoseconds wall = m_wallEnd - steady_clock::now();
        const nanoseconds cpu = m_cpuEnd - cpuTime();
        if (wall <= nanoseconds::zero() || cpu <= nanoseconds::zero())
            throw Ended{Ending::TimedOut, "it took too long"};
        // One thread cannot use more CPU time than passes on the wall, so the shorter one is when
        // to look again.
        nanoseconds left = std::min(wall, cpu);
        if (isStopped)
            left = std::min<nanoseconds>(left, std::chrono::milliseconds(20));
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(left);
        pollfd channel{m_channel.get(), POLLIN, 0};
        if (poll(&channel, 1, static_cast<int>(wait.count())) > 0)
            return;
    }
}

void throwRefused(const Refused& refused, const std::string& name) {
    switch (refused.refusal) {
    case Refusal::Unsupported:
        throw Error(Code::Unsupported, "Infolio cannot read " + name + ": " + refused.detail + ".");
    case Refusal::Protected:
        throw Error(Code::Protected,
                    name + " is protected by DRM and cannot be read: " + refused.detail + ".");
    case Refusal::TooBig:
        throw Error(Code::TooBig, name + " is too big: " + refused.detail +
                                      ". Reading stopped to protect this computer.");
    case Refusal::Failed:
        throw Error(Code::ReaderFailed, "The reader failed: " + refused.detail + ".");
    case Refusal::BadFile:
        break;
    }
    throw Error(Code::BadFile,
                name + " is damaged: " + refused.detail + ". Your file was not changed.");
}

std::unique_ptr<Process> startReader(const std::string& program, int document,
                                     Process::Limits limits, Hello& hello) {
    auto process = std::make_unique<Process>(program, document, limits);
    try {
        const Message message = process->receive();
        if (message.type == Type::Refused)
            throwRefused(decoded(decodeRefused, message.payload), "");
        if (message.type != Type::Hello)
            throw Ended{Ending::Lied, "no greeting"};
        hello = decoded(decodeHello, message.payload);
    } catch (const Ended& ended) {
        throw Error(Code::ReaderFailed, "The reader " + repairUtf8(program) + " does not start: " +
                                            ended.detail + ". Install Infolio again.");
    }
    if (hello.version != kVersion)
        throw Error(Code::ReaderFailed,
                    "The reader " + repairUtf8(program) +
                        " belongs to another version of Infolio. Install Infolio again.");
    return process;
}

OpenedFile openInReader(std::unique_ptr<Process>& process, const Source& source,
                        const ReaderOptions& options, const std::function<bool()>& isStopped) {
    Hello hello;
    process =
        startReader(options.program, source.descriptor(),
                    {seconds(options.pageCpuSeconds), seconds(options.pageWallSeconds)}, hello);
    process->restartClocks();
    process->send(Type::Open, encode(Open{source.isMarkdown(), options.password}));
    const Message message = process->receive(isStopped);
    if (message.type == Type::NeedPassword)
        throw Error(Code::Locked, options.password
                                      ? "That password does not open " + source.name() + "."
                                      : source.name() + " needs a password.");
    if (message.type == Type::Refused)
        throwRefused(decoded(decodeRefused, message.payload), source.name());
    if (message.type != Type::Opened)
        throw Ended{Ending::Lied, "an unexpected answer"};
    return decoded(decodeOpened, message.payload);
}

OpenedFile openFirst(std::unique_ptr<Process>& process, const Source& source,
                     const ReaderOptions& options, const std::function<bool()>& isStopped) {
    for (int attempt = 1;; ++attempt) {
        try {
            return openInReader(process, source, options, isStopped);
        } catch (const Ended& ended) {
            noteEnd(process, source);
            if (ended.ending == Ending::Stopped)
                throw;
            if (attempt == 2 || ended.ending == Ending::TimedOut)
                throw Error(Code::BadFile,
                            source.name() + " is damaged: " +
                                (ended.ending == Ending::TimedOut
                                     ? "opening it takes too long"
                                     : "opening it ends the reader (" + ended.detail + ")") +
                                ". Your file was not changed.");
        }
    }
}

void noteEnd(std::unique_ptr<Process>& process, const Source& source) {
    const bool isBus = process && process->diedOfBus();
    process.reset();
    if (isBus)
        source.throwChanged();
    source.throwIfChanged();
}

} // namespace engine::document
