#pragma once
/// A ZIP archive in memory, with limits against bombs. Nothing is unpacked to disk.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct zip;

namespace engine::reader {

class Archive {
public:
    /// `bytes` must outlive the archive; `maxUnpacked` bounds what is read in all. Throws
    /// RefusedError: BadFile when it is no readable archive, TooBig beyond 20,000 entries.
    static Archive open(std::string_view bytes, std::size_t maxUnpacked = kMaxUnpacked);
    static constexpr std::size_t kMaxUnpacked = std::size_t{1} << 30;

    /// The content of an entry, nothing when there is none of that name. Throws RefusedError:
    /// TooBig beyond 64 MiB, a ratio of 200 : 1 above 1 MiB, or maxUnpacked in all; Protected when
    /// the entry is encrypted; BadFile when it does not unpack.
    std::optional<std::string> read(const std::string& name);

    [[nodiscard]] bool has(const std::string& name) const;
    /// The first entry whose name ends so; "" when there is none.
    [[nodiscard]] std::string findSuffix(std::string_view suffix) const;

private:
    struct Discard {
        void operator()(zip* archive) const;
    };
    Archive(zip* archive, std::size_t maxUnpacked) : m_zip(archive), m_maxUnpacked(maxUnpacked) {}

    std::unique_ptr<zip, Discard> m_zip;
    std::size_t m_maxUnpacked;
    std::size_t m_total = 0; ///< bytes read so far
};

/// Whether a name stays inside the archive: no "..", no leading slash, no backslash, no NUL.
bool isPlainName(std::string_view name);

/// `href` of a part named `base`, as a name in the archive: percent signs decoded, "." and ".."
/// resolved, fragment kept. Empty when it leads out of the archive or to another place ("http:").
std::string resolve(std::string_view base, std::string_view href);

} // namespace engine::reader
