#include "engine/store/hash.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace engine::store {

struct Sha256::Impl {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    Impl() { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
    ~Impl() { EVP_MD_CTX_free(context); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
};

Sha256::Sha256() : m_impl(std::make_unique<Impl>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view bytes) {
    EVP_DigestUpdate(m_impl->context, bytes.data(), bytes.size());
}

std::string Sha256::digest() const {
    // Finishing ends a context, so a copy is finished and this one goes on.
    const Impl copy;
    EVP_MD_CTX_copy_ex(copy.context, m_impl->context);
    std::array<unsigned char, 32> raw{};
    EVP_DigestFinal_ex(copy.context, raw.data(), nullptr);
    static constexpr char kHex[] = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * raw.size());
    for (const unsigned char byte : raw) {
        hex += kHex[byte >> 4];
        hex += kHex[byte & 15];
    }
    return hex;
}

std::string sha256(std::string_view bytes) {
    Sha256 hash;
    hash.add(bytes);
    return hash.digest();
}

Error fileMissing(const std::string& path, int systemError) {
    return {Code::FileMissing, path + ": the file cannot be read (" + std::strerror(systemError) +
                                   "); check its place and its permissions"};
}

std::string sha256OfFile(const std::string& path,
                         const std::function<bool(std::int64_t, std::int64_t)>& progress) {
    struct Descriptor {
        int fd;
        ~Descriptor() {
            if (fd >= 0) {
                ::close(fd);
            }
        }
    };
    // O_NONBLOCK: opening a FIFO without a writer would wait for one.
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    if (file.fd < 0 && errno != ENXIO) { // ENXIO: a socket
        throw fileMissing(path, errno);
    }
    struct stat status {};
    if (file.fd < 0 || ::fstat(file.fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        throw Error{Code::NotAFile,
                    path +
                        ": this is not a file but a folder, pipe, socket or device; name a file"};
    }
    Sha256 hash;
    std::vector<char> buffer(std::size_t{1} << 20);
    std::int64_t done = 0;
    for (;;) {
        const ssize_t got = ::read(file.fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            throw fileMissing(path, errno);
        }
        if (got == 0) {
            return hash.digest();
        }
        hash.add({buffer.data(), static_cast<std::size_t>(got)});
        done += got;
        if (progress && !progress(done, status.st_size)) {
            return {};
        }
    }
}

} // namespace engine::store
