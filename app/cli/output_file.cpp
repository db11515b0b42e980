#include "app/cli/output_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli/text.h"
#include "engine/error.h"

namespace app::cli {
namespace {

namespace fs = std::filesystem;
using engine::Code;
using engine::Error;

std::string folderOf(const std::string& path) {
    const fs::path folder = fs::path(path).parent_path();
    return folder.empty() ? "." : folder.string();
}

[[noreturn]] void fail(const std::string& path, int error) {
    const bool isFull = error == ENOSPC || error == EDQUOT;
    throw Error(isFull ? Code::DiskFull : Code::CannotWrite,
                escaped(path, Lines::Join) + " cannot be written: " + std::strerror(error) +
                    (isFull ? "; nothing was changed, free some space and try again."
                            : "; choose another place."));
}

[[noreturn]] void failExists(const std::string& path) {
    throw Error(Code::CannotWrite,
                escaped(path, Lines::Join) +
                    " exists already; name another file, or replace it with --force.");
}

/// Closes and deletes the file aside unless it became the result.
class Aside {
public:
    explicit Aside(const std::string& path)
        : m_name(path + ".XXXXXX"), m_fd(mkostemp(m_name.data(), O_CLOEXEC)) {
        if (m_fd < 0)
            fail(path, errno);
    }
    ~Aside() {
        close(m_fd);
        unlink(m_name.c_str());
    }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

    [[nodiscard]] int fd() const { return m_fd; }
    [[nodiscard]] const char* name() const { return m_name.c_str(); }

private:
    std::string m_name;
    int m_fd;
};

} // namespace

void checkOutputFile(const std::string& path, bool replace) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (fs::exists(status)) {
        if (!fs::is_regular_file(status))
            throw Error(Code::CannotWrite,
                        escaped(path, Lines::Join) + " is not a regular file; name one.");
        if (!replace)
            failExists(path);
    }
    const std::string folder = folderOf(path);
    if (!fs::is_directory(folder, error))
        throw Error(Code::CannotWrite, escaped(path, Lines::Join) +
                                           " cannot be written: there is no folder " +
                                           escaped(folder, Lines::Join) + ".");
    if (access(folder.c_str(), W_OK | X_OK) != 0)
        fail(path, errno);
}

void writeOutputFile(const std::string& path, const std::string& content, bool replace) {
    checkOutputFile(path, replace);
    const Aside aside(path);
    for (std::size_t at = 0; at < content.size();) {
        const ssize_t written = write(aside.fd(), content.data() + at, content.size() - at);
        if (written < 0 && errno != EINTR)
            fail(path, errno);
        at += written > 0 ? static_cast<std::size_t>(written) : 0;
    }
    const mode_t mask = umask(0);
    umask(mask);
    if (fchmod(aside.fd(), 0666 & ~mask) != 0 || fsync(aside.fd()) != 0)
        fail(path, errno);
    // Without leave to replace, a file that appeared meanwhile must survive too.
    if (renameat2(AT_FDCWD, aside.name(), AT_FDCWD, path.c_str(), replace ? 0 : RENAME_NOREPLACE) !=
        0) {
        if (errno == EEXIST)
            failExists(path);
        fail(path, errno);
    }
}

} // namespace app::cli
