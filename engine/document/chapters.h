#pragma once
/// The outline of a document, with the place of each chapter in the stored text.

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/document/contents.h"
#include "engine/document/document.h"

namespace engine::document {

/// Finds titles in a document whose text, pages and blocks stand: by letters and digits only,
/// without case.
class TitleFinder {
public:
    /// `contentsPages` (indices from 1) are passed over: they hold every title.
    TitleFinder(const Document& document, const std::vector<int>& contentsPages);

    /// Begin of the block that holds `title` on the pages [first, last] (indices from 1): a heading
    /// if there is one, else a block that begins with it, else any short block; -1 if none.
    [[nodiscard]] std::int64_t find(const std::string& title, int first, int last) const;

private:
    [[nodiscard]] std::int64_t findLetters(const std::string& wanted, int first, int last) const;

    struct Entry {
        std::string letters;
        std::int64_t begin = 0;
        int page = 1;
        bool isHeading = false;
    };
    std::vector<Entry> m_entries;
};

/// The outline of a file with pages. Titles that do not stand on their page ± 1 keep their page;
/// `missing` counts them.
std::vector<OutlineEntry> fileOutline(const std::vector<RawOutlineEntry>& raw,
                                      const Document& document,
                                      const std::vector<int>& contentsPages, int& missing);

/// The outline of a file with anchors; entries whose anchor is unknown are dropped and counted in
/// `missing`.
std::vector<OutlineEntry>
anchoredOutline(const std::vector<RawOutlineEntry>& raw,
                const std::unordered_map<std::string, std::int64_t>& anchors,
                const Document& document, int& missing);

/// The headings of the text as an outline.
std::vector<OutlineEntry> headingOutline(const Document& document, const std::string& source);

/// The outline that printed contents pages give, if most of its titles are found in the text.
std::vector<OutlineEntry> printedOutline(const std::vector<ContentsLine>& lines,
                                         const Document& document,
                                         const std::vector<int>& contentsPages);

} // namespace engine::document
