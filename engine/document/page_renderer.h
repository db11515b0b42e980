#pragma once
/// Pictures of a file's pages, drawn on demand by an infolio-reader that is kept for it, in the
/// same sandbox as reading. Holds the file open: what is drawn stays the file as it was when it was
/// opened, also when another takes its name.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/document/reader_client.h"
#include "engine/document/wire.h"

namespace engine::document {

struct DrawnPage {
    wire::Picture picture; ///< empty when it failed
    std::string failure;   ///< why, a clause; else empty
};

/// Call from one thread at a time, the same while the object lives: the process dies with the
/// thread that started it.
class PageRenderer {
public:
    /// Nothing when `isStopped`, which is asked every 20 ms, said so. Throws what readFile throws.
    static std::unique_ptr<PageRenderer> open(const std::string& path, const ReaderOptions& options,
                                              const std::function<bool()>& isStopped = {});
    ~PageRenderer();
    PageRenderer(const PageRenderer&) = delete;
    PageRenderer& operator=(const PageRenderer&) = delete;

    [[nodiscard]] int pages() const;

    /// Draws a page in [1, pages()] within the limits of `wire::Render`. A page that ends the
    /// reader is tried once more in a fresh process; one that ends it again, takes longer than
    /// `pageCpuSeconds`, or is refused comes back as a failure. Nothing comes back when `isStopped`
    /// said so, which ends the process.
    ///
    /// Throws FileChanged when the file was written to since it was opened, and ReaderFailed.
    std::optional<DrawnPage> draw(const wire::Render& what,
                                  const std::function<bool()>& isStopped = {});

    /// Links of a page; none when the page cannot be read. Errors as above.
    std::vector<RawLink> links(int page);

private:
    struct Impl;
    explicit PageRenderer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace engine::document
