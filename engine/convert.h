#pragma once
/// Between the values of document/, store/ and the interface. Pure functions.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/document/document.h"
#include "engine/engine.h"
#include "engine/store/records.h"

namespace engine {

/// Rows for the store, and the row of the document itself without what only the file system knows.
store::DocumentRow documentRow(const document::Document& document);
store::DocumentContent documentContent(const document::Document& document);

/// Throws WrongUse when the range lies outside the document's text or ends before it begins.
void requireInside(TextRange range, const store::DocumentRow& document);
/// Throws WrongUse when the document has no page, or location, of this index.
void requirePage(int page, const store::DocumentRow& document);

State stateFromName(const std::string& name);

/// Counts page states; `consumed` is the offset up to which the memory has read.
Coverage coverage(const std::vector<store::PageRow>& pages, bool hasLocations,
                  std::int64_t consumed);

/// The printed name; the index when the file names none, in brackets where the others are named by
/// a printed edition, one of whose pages may have that number.
std::string labelOf(const store::PageRow& page, const store::DocumentRow& document);

/// The pages of a document that overlap [begin, end).
PageRange pageRange(const std::vector<store::PageRow>& pages, const store::DocumentRow& document,
                    std::int64_t begin, std::int64_t end);

PageInfo pageInfo(const store::PageRow& page, const store::DocumentRow& document);
TextBlock textBlock(const store::BlockRow& block);
/// The words of a page that share a character with a range.
std::vector<WordBox> wordBoxes(const store::PageRow& page, TextRange range);

/// Contents with ranges; an entry ends where the next of the same or a higher level begins.
std::vector<ContentsEntry> contentsEntries(const std::vector<store::OutlineRow>& outline,
                                           const std::vector<store::PageRow>& pages,
                                           const store::DocumentRow& document);

/// Top-level entries of an outline as ranges that cut [0, characters) into chapters; text before
/// the first is left out. Empty when the document has no outline.
std::vector<ContentsEntry> chapters(const std::vector<ContentsEntry>& contents);

/// The number that a chapter title states ("Chapter 7", "CHAPTER IV", "7. Rain", "IV"), or 0.
int chapterNumber(const std::string& title);

/// The offset that a page specification names: the end of that page, chapter or location, or the
/// offset itself. A bare number that is no label is an index, except of printed pages. Throws
/// WrongUse when it names nothing in this document.
std::int64_t offsetOf(const PageSpec& spec, const std::vector<store::PageRow>& pages,
                      const std::vector<ContentsEntry>& contents,
                      const store::DocumentRow& document);

/// The page index that a page specification names; chapters give their first page. Throws WrongUse.
int pageOf(const PageSpec& spec, const std::vector<store::PageRow>& pages,
           const std::vector<ContentsEntry>& contents, const store::DocumentRow& document);

} // namespace engine
