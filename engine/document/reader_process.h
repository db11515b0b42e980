#pragma once
/// One conversation with infolio-reader: the document that is handed over, the process that is
/// started, limited, killed and reaped, and how both can fail. What readFile and PageRenderer
/// share; not for other folders. One thread at a time: a process dies with the thread that started
/// it.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <sys/stat.h>
#include <sys/types.h>

#include "engine/document/reader_client.h"
#include "engine/document/wire.h"

namespace engine::document {

class Descriptor {
public:
    explicit Descriptor(int number = -1) : m_number(number) {}
    Descriptor(Descriptor&& other) noexcept : m_number(std::exchange(other.m_number, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(m_number, other.m_number);
        return *this;
    }
    ~Descriptor();
    [[nodiscard]] int get() const { return m_number; }

private:
    int m_number;
};

/// The document, open for reading, and what it looked like then.
class Source {
public:
    /// Throws FileMissing, NotAFile, BadFile (empty).
    explicit Source(const std::string& path);

    /// Throws FileChanged when size or time of change differ from what they were.
    void throwIfChanged() const;
    [[noreturn]] void throwChanged() const;

    [[nodiscard]] int descriptor() const { return m_file.get(); }
    [[nodiscard]] const std::string& name() const { return m_name; } ///< in quotes, for people
    [[nodiscard]] bool isMarkdown() const { return m_isMarkdown; }

private:
    void examine(int result, const std::string& path) const;

    std::string m_name;
    Descriptor m_file;
    struct stat m_status {};
    bool m_isMarkdown = false;
};

struct Message {
    wire::Type type = wire::Type::Hello;
    std::string payload;
};

/// How a process ended a conversation; Stopped: the caller wanted no more of it.
enum class Ending { Crashed, TimedOut, Lied, Stopped };

struct Ended {
    Ending ending = Ending::Crashed;
    std::string detail;
};

/// One infolio-reader. It is killed and reaped when this object goes.
class Process {
public:
    struct Limits {
        std::chrono::seconds cpu, wall;
    };

    /// Throws ReaderFailed when the program cannot be started.
    Process(const std::string& program, int document, Limits limits);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    /// The limits count from here.
    void restartClocks();
    void send(wire::Type type, std::string payload);
    /// The next message. Throws Ended; with `isStopped`, which is asked every 20 ms, also Stopped.
    Message receive(const std::function<bool()>& isStopped = {});
    /// How the process ended, after Ended: true when it died of a mapping that the file no longer
    /// fills.
    bool diedOfBus();

private:
    [[noreturn]] static void fail(const std::string& program, int error);
    int spawn(const std::string& program, int document, int channel);
    void reap();
    [[nodiscard]] std::chrono::nanoseconds cpuTime() const;
    wire::Header checkedHeader(const std::function<bool()>& isStopped);
    void receiveBytes(std::string& into, std::size_t size, const std::function<bool()>& isStopped);
    void waitForBytes(const std::function<bool()>& isStopped);

    Limits m_limits;
    Descriptor m_channel;
    pid_t m_pid = -1;
    clockid_t m_clock = 0;
    std::chrono::steady_clock::time_point m_wallEnd;
    std::chrono::nanoseconds m_cpuEnd{};
    std::uint32_t m_request = 0;
    int m_status = 0;
    bool m_isReaped = false;
};

/// The decoded payload; a WireError becomes Ended.
template <typename Decode> auto decoded(Decode decode, const std::string& payload) {
    try {
        return decode(payload);
    } catch (const wire::WireError& error) {
        throw Ended{Ending::Lied, error.what()};
    }
}

[[noreturn]] void throwRefused(const wire::Refused& refused, const std::string& name);

/// Starts a process and hears its greeting. Throws ReaderFailed.
std::unique_ptr<Process> startReader(const std::string& program, int document,
                                     Process::Limits limits, wire::Hello& hello);

/// Starts a process and opens the file in it; `process` holds it even after Ended. Throws Ended,
/// and what readFile throws.
wire::OpenedFile openInReader(std::unique_ptr<Process>& process, const Source& source,
                              const ReaderOptions& options,
                              const std::function<bool()>& isStopped = {});

/// The same at first sight of a file, with a second attempt after an end. Throws what readFile
/// throws, and Ended when it was stopped.
wire::OpenedFile openFirst(std::unique_ptr<Process>& process, const Source& source,
                           const ReaderOptions& options,
                           const std::function<bool()>& isStopped = {});

/// Lets a process go after Ended, and throws FileChanged when the file is the reason for its end.
void noteEnd(std::unique_ptr<Process>& process, const Source& source);

} // namespace engine::document
