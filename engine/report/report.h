#pragma once
/// An answer or summary as a document for people: Markdown with footnotes "Title, ch. 7, p. 214
/// (PDF 226)", or plain text. Pure functions. What comes from a book is text and stays text: it can
/// make no link, footnote, heading or HTML, and reaches no terminal as a control sequence.

#include <string>
#include <utility>
#include <vector>

namespace engine::report {

struct Footnote {
    int number = 0;
    std::string citation; ///< "Title, ch. 7, p. 214 (PDF 226)" or "Title, ch. 3, ¶ 12 (loc. 37)"
    std::string quote;    ///< stored text
};

struct Line {
    std::string text;
    std::string basis; ///< "evidence", "memory", "model"
    std::vector<int> citations;
};

struct Section {
    std::string heading;
    int level = 2;
    std::vector<Line> lines;
    std::vector<Footnote> footnotes; ///< numbers are local to the section; the writer renumbers
    std::string style;               ///< "prose" (and ""), "points", "outline"
    std::string coverage;            ///< a sentence below it: what it rests on; "": none
};

struct Report {
    std::string title;    ///< of the document
    std::string subtitle; ///< question or scope
    std::vector<Section> sections;
    std::vector<std::pair<std::string, std::string>>
        facts; ///< coverage, bound, model, adapter, date, document hash
};

struct Place {
    std::string chapter;   ///< title; "" : none
    int chapterNumber = 0; ///< 0: not numbered
    int paragraph = 0;
    int firstIndex = 0, lastIndex = 0;
    std::string firstLabel, lastLabel;
    bool isLocation = false;
    bool isPrinted = false; ///< the index of such a page is left out
};

/// "ch. 7, p. 214 (PDF 226)", "p. 12", "pp. 30–31 (PDF 40–41)", "ch. 3, ¶ 12 (loc. 37)",
/// "“Preface”, p. xii (PDF 12)"; "p. 214" of a printed edition.
std::string placeText(const Place& place);

/// Footnotes are numbered from 1 through the whole report. Quotes that no line cites follow their
/// section as a list. "~" marks a sentence from memory, "?" one that neither evidence nor memory
/// supports; a mark that occurs is explained at the end.
std::string markdown(const Report& report);
std::string plainText(const Report& report);

/// Text for a terminal or Markdown: control and direction characters and bytes that are not UTF-8
/// become visible escapes (line feed and tab stay).
std::string escapeControls(const std::string& utf8);

} // namespace engine::report
