#pragma once
/// A file of a model behind a read-only mapping.

#include <memory>
#include <string>
#include <string_view>

namespace engine::model {

/// Immutable and safe to share between threads. The file must not change while the object lives.
class MappedFile {
public:
    /// Throws FileMissing; NotAFile for a directory, FIFO or device; BadWeights for an empty file.
    static std::shared_ptr<const MappedFile> open(const std::string& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    /// Never empty.
    [[nodiscard]] std::string_view bytes() const { return m_bytes; }

private:
    explicit MappedFile(std::string_view bytes) : m_bytes(bytes) {}

    std::string_view m_bytes;
};

} // namespace engine::model
