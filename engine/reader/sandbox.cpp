#include "engine/reader/sandbox.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <stdexcept>

#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace engine::reader {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
    throw std::runtime_error(what + ": " + std::strerror(error));
}

void limit(__rlimit_resource resource, rlim_t value) {
    const rlimit bounds{value, value};
    if (setrlimit(resource, &bounds) != 0)
        fail("setrlimit", errno);
}

class Filter {
public:
    Filter() : m_context(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release) {
        if (!m_context)
            fail("seccomp_init", ENOMEM);
    }

    void rule(std::uint32_t action, const char* call,
              std::initializer_list<scmp_arg_cmp> arguments = {}) {
        const int number = seccomp_syscall_resolve_name(call);
        // A call that this architecture does not have needs no rule.
        if (number == __NR_SCMP_ERROR)
            return;
        const int result =
            seccomp_rule_add_array(m_context.get(), action, number,
                                   static_cast<unsigned>(arguments.size()), arguments.begin());
        if (result != 0 && result != -EDOM)
            fail(std::string("seccomp rule for ") + call, -result);
    }

    void load() {
        const int result = seccomp_load(m_context.get());
        if (result != 0)
            fail("seccomp_load", -result);
    }

private:
    std::unique_ptr<void, decltype(&seccomp_release)> m_context;
};

void loadFilter() {
    Filter filter;
    for (const char* call : {"read",
                             "readv",
                             "pread64",
                             "write",
                             "writev",
                             "close",
                             "lseek",
                             "_llseek",
                             "fstat",
                             "fstat64",
                             "stat",
                             "stat64",
                             "lstat",
                             "lstat64",
                             "newfstatat",
                             "fstatat64",
                             "statx",
                             "access",
                             "faccessat",
                             "faccessat2",
                             "readlink",
                             "readlinkat",
                             "getcwd",
                             "getdents",
                             "getdents64",
                             "fstatfs",
                             "fstatfs64",
                             "statfs",
                             "statfs64",
                             "fcntl",
                             "fcntl64",
                             "fadvise64",
                             "poll",
                             "ppoll",
                             "brk",
                             "munmap",
                             "mremap",
                             "madvise",
                             "futex",
                             "futex_time64",
                             "rt_sigaction",
                             "rt_sigprocmask",
                             "rt_sigreturn",
                             "sigreturn",
                             "sigaltstack",
                             "restart_syscall",
                             "getpid",
                             "gettid",
                             "getppid",
                             "getuid",
                             "geteuid",
                             "getgid",
                             "getegid",
                             "uname",
                             "sysinfo",
                             "getrlimit",
                             "sched_yield",
                             "sched_getaffinity",
                             "getcpu",
                             "clock_gettime",
                             "clock_gettime64",
                             "clock_getres",
                             "gettimeofday",
                             "time",
                             "nanosleep",
                             "clock_nanosleep",
                             "getrandom",
                             "rseq",
                             "set_robust_list",
                             "membarrier",
                             "exit",
                             "exit_group"})
        filter.rule(SCMP_ACT_ALLOW, call);
    // Fonts and encodings are opened for reading; a write would be a break-out.
    constexpr scmp_datum_t kWrites = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
    filter.rule(SCMP_ACT_ALLOW, "open", {SCMP_A1_64(SCMP_CMP_MASKED_EQ, kWrites, 0)});
    filter.rule(SCMP_ACT_ALLOW, "openat", {SCMP_A2_64(SCMP_CMP_MASKED_EQ, kWrites, 0)});
    // No code enters the process after it has started.
    filter.rule(SCMP_ACT_ALLOW, "mmap", {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
    filter.rule(SCMP_ACT_ALLOW, "mmap2", {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
    filter.rule(SCMP_ACT_ALLOW, "mprotect", {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
    // abort() signals its own thread.
    filter.rule(SCMP_ACT_ALLOW, "tgkill",
                {SCMP_A0_64(SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid()))});
    for (const char* call : {"socket",
                             "socketpair",
                             "connect",
                             "bind",
                             "listen",
                             "accept",
                             "accept4",
                             "execve",
                             "execveat",
                             "fork",
                             "vfork",
                             "clone",
                             "ptrace",
                             "process_vm_readv",
                             "process_vm_writev",
                             "bpf",
                             "mount",
                             "umount2",
                             "pivot_root",
                             "chroot",
                             "setns",
                             "unshare",
                             "io_uring_setup",
                             "io_uring_enter",
                             "io_uring_register",
                             "perf_event_open",
                             "userfaultfd",
                             "keyctl",
                             "add_key",
                             "request_key",
                             "kexec_load",
                             "init_module",
                             "finit_module",
                             "delete_module",
                             "open_by_handle_at"})
        filter.rule(SCMP_ACT_KILL_PROCESS, call);
    // Its flags lie behind a pointer, out of a filter's sight; ENOSYS sends callers to clone.
    filter.rule(SCMP_ACT_ERRNO(ENOSYS), "clone3");
    filter.load();
}

} // namespace

std::string enterSandbox() {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail("prctl", errno);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_NOFILE, 64);
    limit(RLIMIT_CPU, 600);
#if !defined(__SANITIZE_ADDRESS__)
    // A sanitizer reserves terabytes of address space that it never uses.
    limit(RLIMIT_AS, rlim_t{2} << 30);
#endif
    loadFilter();
    return "seccomp";
}

} // namespace engine::reader
