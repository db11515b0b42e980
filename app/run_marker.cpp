#include "app/run_marker.h"

#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRunning = ".running";
constexpr const char* kCrash = ".crash";
constexpr const char* kTold = "last-crash.txt";
constexpr std::array kWords = {"nothing", "reading", "writing"};
constexpr int kMostFrames = 64;
constexpr int kMostModules = 256;
constexpr std::size_t kStackBytes = 1 << 16;

struct Module {
    std::uintptr_t begin, end, base;
    char name[48];
};

// Everything that the handler touches is here before it runs.
struct State {
    pid_t process = 0;
    int marker = -1;
    char markerPath[1024] = {};
    char reportPath[1024] = {};
    char head[512] = {}; ///< version and build
    std::array<Module, kMostModules> modules = {};
    int moduleCount = 0;
    std::array<char, kStackBytes> stack = {};
};
State g_state;

/// The identity that the linker gave this program, in hex; it finds the debug symbols.
std::string buildId(const dl_phdr_info& info) {
    std::string id;
    for (int i = 0; i < info.dlpi_phnum; ++i) {
        const ElfW(Phdr)& header = info.dlpi_phdr[i];
        if (header.p_type != PT_NOTE)
            continue;
        const auto* at = reinterpret_cast<const char*>(info.dlpi_addr + header.p_vaddr);
        const char* const end = at + header.p_memsz;
        while (at + sizeof(ElfW(Nhdr)) <= end) {
            const auto* note = reinterpret_cast<const ElfW(Nhdr)*>(at);
            const auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
            const char* value = at + sizeof(*note) + padded(note->n_namesz);
            if (note->n_type == NT_GNU_BUILD_ID && id.empty()) {
                for (std::size_t k = 0; k < note->n_descsz; ++k) {
                    char digits[3];
                    std::snprintf(digits, sizeof digits, "%02x",
                                  static_cast<unsigned char>(value[k]));
                    id += digits;
                }
            }
            at = value + padded(note->n_descsz);
        }
    }
    return id;
}

int noteModule(dl_phdr_info* info, std::size_t, void* first) {
    if (auto& id = *static_cast<std::string*>(first); id.empty())
        id = buildId(*info);
    if (g_state.moduleCount >= kMostModules)
        return 1;
    Module module = {UINTPTR_MAX, 0, info->dlpi_addr, {}};
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr)& header = info->dlpi_phdr[i];
        if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0)
            continue;
        module.begin = std::min<std::uintptr_t>(module.begin, info->dlpi_addr + header.p_vaddr);
        module.end =
            std::max<std::uintptr_t>(module.end, info->dlpi_addr + header.p_vaddr + header.p_memsz);
    }
    // The name alone: a folder may tell who the person is.
    const char* slash = std::strrchr(info->dlpi_name, '/');
    std::snprintf(module.name, sizeof module.name, "%s",
                  *info->dlpi_name == '\0' ? "infolio"
                  : slash != nullptr       ? slash + 1
                                           : info->dlpi_name);
    g_state.modules[static_cast<std::size_t>(g_state.moduleCount++)] = module;
    return 0;
}

// In the handler: write, open, unlink, signal, raise; no allocation, no locale, no lock.

void say(int file, const char* text) {
    if (::write(file, text, std::strlen(text)) < 0)
        return; // there is nobody to tell
}

void sayHex(int file, std::uintptr_t number) {
    char digits[2 + 2 * sizeof number + 1] = {};
    char* at = digits + sizeof digits - 1;
    do {
        *--at = "0123456789abcdef"[number % 16];
        number /= 16;
    } while (number != 0);
    *--at = 'x';
    *--at = '0';
    say(file, at);
}

void sayFrame(int file, std::uintptr_t address) {
    for (int i = 0; i < g_state.moduleCount; ++i) {
        const Module& module = g_state.modules[static_cast<std::size_t>(i)];
        if (address < module.begin || address >= module.end)
            continue;
        say(file, module.name);
        say(file, "+");
        sayHex(file, address - module.base);
        say(file, "\n");
        return;
    }
    sayHex(file, address);
    say(file, "\n");
}

const char* nameOf(int number) {
    switch (number) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGBUS:
        return "SIGBUS";
    case SIGFPE:
        return "SIGFPE";
    case SIGILL:
        return "SIGILL";
    default:
        return "SIGABRT";
    }
}

void die(int number) {
    ::signal(number, SIG_DFL);
    ::raise(number);
}

/// A child between fork and exec is not this run.
bool isOwnRun() {
    return ::getpid() == g_state.process;
}

void onFatal(int number, siginfo_t* info, void*) {
    const int file =
        isOwnRun() ? ::open(g_state.reportPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
                   : -1;
    if (file >= 0) {
        say(file, g_state.head);
        say(file, "signal ");
        say(file, nameOf(number));
        if (info->si_code > 0) { // by the processor, not by another program
            say(file, " at ");
            sayHex(file, reinterpret_cast<std::uintptr_t>(info->si_addr));
        }
        say(file, "\n");
        void* frames[kMostFrames];
        // Its library was loaded by a call at the start; from then on it allocates nothing.
        const int count = ::backtrace(frames, kMostFrames);
        for (int i = 0; i < count; ++i)
            sayFrame(file, reinterpret_cast<std::uintptr_t>(frames[i]));
        ::close(file);
    }
    die(number);
}

void onAsked(int number) {
    if (isOwnRun())
        ::unlink(g_state.markerPath);
    die(number);
}

void handleSignals() {
    void* frame = nullptr;
    (void)::backtrace(&frame, 1);
    stack_t stack = {};
    stack.ss_sp = g_state.stack.data();
    stack.ss_size = g_state.stack.size();
    ::sigaltstack(&stack, nullptr);
    struct sigaction fatal = {};
    fatal.sa_sigaction = onFatal;
    // A fault in the handler itself ends the program.
    fatal.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
        ::sigaction(number, &fatal, nullptr);
    struct sigaction asked = {};
    asked.sa_handler = onAsked;
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        ::sigaction(number, &asked, nullptr);
}

Doing wordOf(int file) {
    std::array<char, 12> word = {};
    if (::pread(file, word.data(), std::strlen(kWords[0]), 0) < 0)
        return Doing::Nothing;
    const auto found = std::find_if(kWords.begin(), kWords.end(), [&word](const char* known) {
        return std::strcmp(known, word.data()) == 0;
    });
    return found == kWords.end() ? Doing::Nothing : static_cast<Doing>(found - kWords.begin());
}

/// A lock is held as long as its process lives, whoever has its number now.
bool isAlive(int file) {
    return ::flock(file, LOCK_EX | LOCK_NB) != 0;
}

std::optional<LostRun> takeLost(const fs::path& folder) {
    std::optional<LostRun> latest;
    fs::file_time_type latestTime = fs::file_time_type::min();
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
        if (entry.path().extension() != kRunning)
            continue;
        const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0)
            continue;
        if (!isAlive(file)) {
            LostRun run{wordOf(file), std::nullopt};
            fs::path report = entry.path();
            report.replace_extension(kCrash);
            if (fs::exists(report, ignored)) {
                fs::rename(report, folder / kTold, ignored);
                run.report = folder / kTold;
            }
            if (const auto time = entry.last_write_time(ignored);
                time >= latestTime || run.report) {
                latest = run;
                latestTime = time;
            }
            fs::remove(entry.path(), ignored);
        }
        ::close(file);
    }
    return latest;
}

} // namespace

void noteModules() {
    std::string first;
    g_state.moduleCount = 0;
    ::dl_iterate_phdr(noteModule, &first);
    if (g_state.head[0] == '\0')
        std::snprintf(g_state.head, sizeof g_state.head, "build %s\n", first.c_str());
}

std::optional<LostRun> beginRun(const fs::path& folder, const std::string& version) {
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    const std::optional<LostRun> lost = takeLost(folder);
    const std::string name = (folder / ("run-" + std::to_string(::getpid()))).string();
    std::snprintf(g_state.markerPath, sizeof g_state.markerPath, "%s%s", name.c_str(), kRunning);
    std::snprintf(g_state.reportPath, sizeof g_state.reportPath, "%s%s", name.c_str(), kCrash);
    g_state.marker = ::open(g_state.markerPath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (g_state.marker < 0)
        return lost;
    g_state.process = ::getpid();
    ::flock(g_state.marker, LOCK_EX | LOCK_NB);
    markDoing(Doing::Nothing);
    noteModules();
    const std::string build = g_state.head;
    std::snprintf(g_state.head, sizeof g_state.head, "infolio %s\n%s", version.c_str(),
                  build.c_str());
    handleSignals();
    std::atexit(endRun);
    return lost;
}

void markDoing(Doing doing) {
    const char* word = kWords[static_cast<std::size_t>(doing)];
    if (g_state.marker >= 0 && ::pwrite(g_state.marker, word, std::strlen(word), 0) < 0)
        return; // the disk is full; the word before stays
}

void endRun() {
    if (g_state.marker < 0 || !isOwnRun())
        return;
    ::unlink(g_state.markerPath);
    ::close(std::exchange(g_state.marker, -1));
}

} // namespace app
