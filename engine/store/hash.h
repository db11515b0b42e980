#pragma once
/// SHA-256 by libcrypto, of bytes and of files.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/error.h"

namespace engine::store {

/// 64 lower-case hex digits.
std::string sha256(std::string_view bytes);

/// The error of a file that cannot be opened or read; `systemError` is the errno.
Error fileMissing(const std::string& path, int systemError);

/// Of a regular file. `progress(done, total)` in bytes may return false to stop (then the result is
/// ""). Throws FileMissing, NotAFile (directory, FIFO, device; never blocks on them).
std::string sha256OfFile(const std::string& path,
                         const std::function<bool(std::int64_t, std::int64_t)>& progress);

/// Incremental hash; `digest` may be asked at any time and does not end it.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    void add(std::string_view bytes);
    [[nodiscard]] std::string digest() const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace engine::store
