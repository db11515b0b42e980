#include "engine/document/reader_client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/document/wire.h"
#include "engine/error.h"

namespace engine::document {
namespace {

using namespace wire;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class Descriptor {
public:
    explicit Descriptor(int number = -1) : m_number(number) {}
    Descriptor(Descriptor&& other) noexcept : m_number(std::exchange(other.m_number, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(m_number, other.m_number);
        return *this;
    }
    ~Descriptor() {
        if (m_number >= 0)
            close(m_number);
    }
    [[nodiscard]] int get() const { return m_number; }

private:
    int m_number;
};

std::string quoted(const std::string& path) {
    return "\"" + repairUtf8(std::filesystem::path(path).filename().string()) + "\"";
}

bool isSame(const struct stat& a, const struct stat& b) {
    return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

/// The document, open for reading, and what it looked like then.
class Source {
public:
    explicit Source(const std::string& path) : m_name(quoted(path)) {
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

    void throwIfChanged() const {
        struct stat status {};
        if (fstat(m_file.get(), &status) != 0 || !isSame(status, m_status))
            throwChanged();
    }

    [[noreturn]] void throwChanged() const {
        throw Error(Code::FileChanged,
                    m_name + " changed while it was read. Read it again when it is complete.");
    }

    [[nodiscard]] int descriptor() const { return m_file.get(); }
    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] bool isMarkdown() const { return m_isMarkdown; }

private:
    void examine(int result, const std::string& path) const {
        if (result != 0)
            throw Error(Code::FileMissing, m_name + " cannot be opened at " + repairUtf8(path) +
                                               ": " + std::strerror(errno) +
                                               ". Choose the file again.");
        if (!S_ISREG(m_status.st_mode))
            throw Error(Code::NotAFile,
                        m_name + " is a folder or a device, not a file. Choose a file.");
    }

    std::string m_name;
    Descriptor m_file;
    struct stat m_status {};
    bool m_isMarkdown = false;
};

struct Limits {
    seconds cpu, wall;
};

struct Message {
    Type type = Type::Hello;
    std::string payload;
};

/// How a process ended a conversation.
enum class Ending { Crashed, TimedOut, Lied };

struct Ended {
    Ending ending = Ending::Crashed;
    std::string detail;
};

/// One infolio-reader. It is killed and reaped when this object goes.
class Process {
public:
    Process(const std::string& program, int document, Limits limits) : m_limits(limits) {
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

    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() {
        kill(m_pid, SIGKILL);
        reap();
    }

    /// The limits count from here.
    void restartClocks() {
        m_wallEnd = steady_clock::now() + m_limits.wall;
        m_cpuEnd = cpuTime() + m_limits.cpu;
    }

    void send(Type type, std::string payload) {
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

    /// The next message. Throws Ended.
    Message receive() {
        Message message;
        for (;;) {
            const Header head = checkedHeader();
            if (message.payload.size() + head.payload > kMaxMessage)
                throw Ended{Ending::Lied, "a message without end"};
            receiveBytes(message.payload, head.payload);
            message.type = head.type;
            if (head.type != Type::More)
                return message;
        }
    }

    /// How the process ended, after Ended: true when it died of a mapping that the file no longer
    /// fills.
    bool diedOfBus() {
        kill(m_pid, SIGKILL);
        reap();
        return WIFSIGNALED(m_status) && WTERMSIG(m_status) == SIGBUS;
    }

private:
    [[noreturn]] static void fail(const std::string& program, int error) {
        throw Error(Code::ReaderFailed, "The reader " + repairUtf8(program) +
                                            " cannot be started: " + std::strerror(error) +
                                            ". Install Infolio again.");
    }

    int spawn(const std::string& program, int document, int channel) {
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
        const int result = posix_spawn(&m_pid, program.c_str(), &actions, &attributes,
                                       arguments.data(), environment.data());
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        return result;
    }

    void reap() {
        if (!m_isReaped)
            while (waitpid(m_pid, &m_status, 0) < 0 && errno == EINTR) {
            }
        m_isReaped = true;
    }

    [[nodiscard]] nanoseconds cpuTime() const {
        timespec time{};
        if (clock_gettime(m_clock, &time) != 0)
            return nanoseconds::zero();
        return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
    }

    Header checkedHeader() {
        std::string bytes;
        receiveBytes(bytes, kHeader);
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
    void receiveBytes(std::string& into, std::size_t size) {
        std::array<char, 65536> piece;
        while (size > 0) {
            waitForBytes();
            const ssize_t count = read(m_channel.get(), piece.data(), std::min(size, piece.size()));
            if (count < 0 && errno == EINTR)
                continue;
            if (count <= 0)
                throw Ended{Ending::Crashed, "the reader crashed"};
            into.append(piece.data(), static_cast<std::size_t>(count));
            size -= static_cast<std::size_t>(count);
        }
    }

    void waitForBytes() {
        for (;;) {
            const nanoseconds wall = m_wallEnd - steady_clock::now();
            const nanoseconds cpu = m_cpuEnd - cpuTime();
            if (wall <= nanoseconds::zero() || cpu <= nanoseconds::zero())
                throw Ended{Ending::TimedOut, "it took too long"};
            // One thread cannot use more CPU time than passes on the wall, so the shorter one is
            // when to look again.
            const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::min(wall, cpu));
            pollfd channel{m_channel.get(), POLLIN, 0};
            if (poll(&channel, 1, static_cast<int>(wait.count())) > 0)
                return;
        }
    }

    Limits m_limits;
    Descriptor m_channel;
    pid_t m_pid = -1;
    clockid_t m_clock = 0;
    steady_clock::time_point m_wallEnd;
    nanoseconds m_cpuEnd{};
    std::uint32_t m_request = 0;
    int m_status = 0;
    bool m_isReaped = false;
};

template <typename Decode> auto decoded(Decode decode, const std::string& payload) {
    try {
        return decode(payload);
    } catch (const WireError& error) {
        throw Ended{Ending::Lied, error.what()};
    }
}

[[noreturn]] void throwRefused(const Refused& refused, const std::string& name) {
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

std::unique_ptr<Process> start(const std::string& program, int document, Limits limits,
                               Hello& hello) {
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

/// Reads one file through as many processes as it takes.
class FileReader {
public:
    FileReader(const std::string& path, const ReaderOptions& options,
               const ReaderProgress& progress)
        : m_source(path), m_options(options), m_progress(progress) {}

    RawDocument read() {
        openFirst();
        while (m_next <= m_parts && !m_isStopped) {
            try {
                readOn();
            } catch (const Ended& ended) {
                afterEnd(ended);
            }
        }
        m_source.throwIfChanged();
        if (!m_isStopped && m_parts > 0 && m_failed == m_parts &&
            m_document.opened.kind != Kind::Pdf)
            throw Error(Code::BadFile,
                        m_source.name() +
                            " is damaged: no part of it can be read. Your file was not changed.");
        for (const RawPage& page : m_document.pages)
            m_document.opened.sizes.emplace_back(page.widthPt, page.heightPt);
        m_document.opened.sizes.resize(static_cast<std::size_t>(m_document.opened.pages));
        return std::move(m_document);
    }

private:
    void openFirst() {
        for (int attempt = 1; !m_process; ++attempt) {
            try {
                const OpenedFile file = open();
                m_document.opened = file.opened;
                m_parts = file.parts;
            } catch (const Ended& ended) {
                noteEnd();
                if (attempt == 2 || ended.ending == Ending::TimedOut)
                    throw Error(Code::BadFile,
                                m_source.name() + " is damaged: " +
                                    (ended.ending == Ending::TimedOut
                                         ? "opening it takes too long"
                                         : "opening it ends the reader (" + ended.detail + ")") +
                                    ". Your file was not changed.");
            }
        }
    }

    /// Starts a process and opens the file in it.
    OpenedFile open() {
        Hello hello;
        m_process =
            start(m_options.program, m_source.descriptor(),
                  {seconds(m_options.pageCpuSeconds), seconds(m_options.pageWallSeconds)}, hello);
        m_inProcess = 0;
        m_process->restartClocks();
        m_process->send(Type::Open, encode(Open{m_source.isMarkdown(), m_options.password}));
        const Message message = m_process->receive();
        if (message.type == Type::NeedPassword)
            throw Error(Code::Locked, m_options.password
                                          ? "That password does not open " + m_source.name() + "."
                                          : m_source.name() + " needs a password.");
        if (message.type == Type::Refused)
            throwRefused(decoded(decodeRefused, message.payload), m_source.name());
        if (message.type != Type::Opened)
            throw Ended{Ending::Lied, "an unexpected answer"};
        return decoded(decodeOpened, message.payload);
    }

    /// Reads parts until the process has done its share.
    void readOn() {
        if (m_process && m_inProcess >= m_options.recyclePages)
            m_process.reset();
        if (!m_process && open().parts != m_parts)
            throw Ended{Ending::Lied, "another number of pages than before"};
        const int last = m_isAlone
                             ? m_next
                             : std::min(m_parts, m_next + m_options.recyclePages - m_inProcess - 1);
        m_process->restartClocks();
        m_process->send(Type::Read, encode(Read{m_next, last}));
        while (m_next <= last) {
            expectBegin();
            receivePart();
            if (m_isStopped)
                return;
        }
        if (m_process->receive().type != Type::Done)
            throw Ended{Ending::Lied, "an unexpected answer"};
    }

    void expectBegin() {
        const Message message = m_process->receive();
        if (message.type != Type::Begin || decoded(decodeBegin, message.payload) != m_next)
            throw Ended{Ending::Lied, "an unexpected answer"};
        m_process->restartClocks();
    }

    void receivePart() {
        Message message = m_process->receive();
        if (message.type == Type::Refused) {
            const Refused refused = decoded(decodeRefused, message.payload);
            if (refused.refusal != Refusal::BadFile)
                throwRefused(refused, m_source.name());
            failPart(refused.detail);
            return;
        }
        const bool isPdf = m_document.opened.kind == Kind::Pdf;
        if (message.type != (isPdf ? Type::Page : Type::Section))
            throw Ended{Ending::Lied, "an unexpected answer"};
        m_total += message.payload.size();
        if (m_total > m_options.maxBytes)
            throwRefused({Refusal::TooBig, "its text takes more than " +
                                               std::to_string(m_options.maxBytes >> 20) + " MiB"},
                         m_source.name());
        if (isPdf) {
            RawPage page = decoded(decodePage, message.payload);
            if (page.index != m_next ||
                (page.state != PageState::Text && page.state != PageState::Failed))
                throw Ended{Ending::Lied, "an answer about another page"};
            m_failed += page.state == PageState::Failed ? 1 : 0;
            m_document.pages.push_back(std::move(page));
        } else {
            auto [part, section] = decoded(decodeSection, message.payload);
            if (part != m_next)
                throw Ended{Ending::Lied, "an answer about another part"};
            m_document.sections.push_back(std::move(section));
        }
        finishPart();
    }

    void finishPart() {
        ++m_next;
        ++m_inProcess;
        m_isAlone = false;
        if (m_progress && !m_progress(m_next - 1, m_parts))
            m_isStopped = true;
    }

    /// Lets the process go and throws FileChanged when the file is the reason for its end.
    void noteEnd() {
        const bool isBus = m_process && m_process->diedOfBus();
        m_process.reset();
        if (isBus)
            m_source.throwChanged();
        m_source.throwIfChanged();
    }

    void afterEnd(const Ended& ended) {
        noteEnd();
        ++m_restarts;
        if (m_restarts > m_options.maxRestarts) {
            while (m_next <= m_parts && !m_isStopped)
                failPart("the reader was restarted too often");
        } else if (ended.ending == Ending::TimedOut) {
            failPart("reading it took longer than " + std::to_string(m_options.pageCpuSeconds) +
                     " s");
        } else if (m_isAlone) {
            failPart(ended.ending == Ending::Crashed
                         ? "it crashes the reader"
                         : "the reader answers nonsense: " + ended.detail);
        } else {
            m_isAlone = true;
        }
    }

    void failPart(const std::string& reason) {
        ++m_failed;
        if (m_document.opened.kind == Kind::Pdf) {
            RawPage page;
            page.index = m_next;
            page.state = PageState::Failed;
            page.reason = reason;
            m_document.pages.push_back(std::move(page));
        } else {
            m_document.sections.emplace_back();
            m_document.opened.warnings.push_back("Part " + std::to_string(m_next) + " of " +
                                                 std::to_string(m_parts) +
                                                 " could not be read: " + reason + ".");
        }
        finishPart();
    }

    Source m_source;
    const ReaderOptions& m_options;
    const ReaderProgress& m_progress;
    RawDocument m_document;
    std::unique_ptr<Process> m_process;
    int m_parts = 0;
    int m_next = 1;      ///< the part to read
    int m_inProcess = 0; ///< parts read by the present process
    int m_restarts = 0;  ///< after an end that nobody asked for
    int m_failed = 0;
    std::size_t m_total = 0; ///< bytes received
    bool m_isAlone = false;  ///< the next part ended a process; it gets another one for itself
    bool m_isStopped = false;
};

} // namespace

RawDocument readFile(const std::string& path, const ReaderOptions& options,
                     const ReaderProgress& progress) {
    return FileReader(path, options, progress).read();
}

std::string readerVersion(const std::string& program) {
    const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
    Hello hello;
    const ReaderOptions usual;
    start(program, nothing.get(), {seconds(usual.pageCpuSeconds), seconds(usual.pageWallSeconds)},
          hello);
    return "infolio-reader " + hello.reader + ", Poppler " + hello.poppler + ", " + hello.sandbox;
}

} // namespace engine::document
