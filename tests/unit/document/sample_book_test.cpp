/// The sample book from its PDF to stored text. Its Markdown sources tell what a person would read,
/// so the truth about line ends, columns and furniture is known.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "engine/document/document.h"
#include "engine/document/document_text.h"
#include "engine/document/reader_client.h"

namespace {

using engine::document::Document;
using engine::document::DocumentText;
using engine::document::RawDocument;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// Without what typesetting may change: white space and the shape of quotation marks.
std::string folded(std::string text) {
    for (const char* mark : {"\u201c", "\u201d"})
        text = replaced(text, mark, "\"");
    for (const char* mark : {"\u2018", "\u2019"})
        text = replaced(text, mark, "'");
    std::istringstream words(replaced(text, "\u00a0", " "));
    std::string result, word;
    while (words >> word)
        result += (result.empty() ? "" : " ") + word;
    return result;
}

std::string fileText(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Running text of one source file, paragraph by paragraph, without Markdown's marks.
std::vector<std::string> paragraphs(const std::filesystem::path& path) {
    std::istringstream lines(fileText(path));
    std::vector<std::string> result;
    bool isCode = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("```"))
            isCode = !isCode;
        else if (!isCode && !line.empty() &&
                 std::string("#|<-123456789").find(line[0]) == std::string::npos)
            result.push_back(folded(std::regex_replace(line, std::regex("[*`]"), "")));
    }
    return result;
}

std::vector<std::filesystem::path> sources() {
    std::vector<std::filesystem::path> result;
    for (const auto& entry : std::filesystem::directory_iterator(TEST_SOURCES "/resources/manual"))
        if (entry.path().extension() == ".md")
            result.push_back(entry.path());
    std::sort(result.begin(), result.end());
    return result;
}

class SampleBook : public testing::Test {
protected:
    static void SetUpTestSuite() {
        engine::document::ReaderOptions options;
        options.program = TEST_BINARIES "/infolio-reader";
        m_raw = engine::document::readFile(TEST_BINARIES "/../share/infolio/infolio-manual.pdf",
                                           options, [](int, int) { return true; });
        m_document = engine::document::repair(m_raw);
        m_folded = folded(m_document.text);
    }

    static std::string pageText(const engine::document::Page& page) {
        return std::string(DocumentText(m_document.text).slice(page.begin, page.end));
    }

    /// Labels of the pages on which a sentence stands; a sentence over a page turn stands on none.
    static std::vector<std::string> labelsOf(const std::string& sentence) {
        std::vector<std::string> labels;
        for (const auto& page : m_document.pages)
            if (folded(pageText(page)).find(sentence) != std::string::npos)
                labels.push_back(page.label);
        return labels;
    }

    static inline RawDocument m_raw;
    static inline Document m_document;
    static inline std::string m_folded;
};

TEST_F(SampleBook, NamesItselfAndHasRomanThenArabicLabels) {
    EXPECT_EQ(m_document.title, "Infolio User Manual");
    EXPECT_EQ(m_document.author, "The Infolio project");
    ASSERT_GE(m_document.pages.size(), 40u);
    const std::vector<std::string> roman = {"i", "ii", "iii", "iv", "v", "vi", "vii"};
    for (std::size_t i = 0; i < m_document.pages.size(); ++i) {
        const auto& page = m_document.pages[i];
        EXPECT_EQ(page.index, static_cast<int>(i) + 1);
        EXPECT_EQ(page.label, i < roman.size() ? roman[i] : std::to_string(i + 1 - roman.size()));
        EXPECT_EQ(page.state, engine::document::PageState::Text) << page.label;
    }
}

TEST_F(SampleBook, HasItsChaptersAsOutline) {
    std::vector<std::string> wanted;
    for (const auto& path : sources()) {
        const std::string text = fileText(path);
        const std::size_t at = text.starts_with("# ") ? 0 : text.find("\n# ") + 1;
        const std::string title = folded(text.substr(at + 2, text.find('\n', at) - at - 2));
        if (text.starts_with("<!-- front"))
            continue;
        wanted.push_back(
            (title.starts_with("Appendix") ? "" : std::to_string(wanted.size() + 1) + " ") + title);
    }
    std::vector<std::string> found;
    int page = 0;
    for (const auto& entry : m_document.outline) {
        EXPECT_EQ(entry.source, "file") << entry.title;
        const auto& itsPage = m_document.pages.at(static_cast<std::size_t>(entry.pageIndex) - 1);
        EXPECT_TRUE(entry.begin >= itsPage.begin && entry.begin < itsPage.end) << entry.title;
        EXPECT_TRUE(
            folded(std::string(
                       DocumentText(m_document.text).slice(entry.begin, m_document.characters)))
                .starts_with(folded(entry.title)))
            << entry.title << " does not stand at its place";
        if (entry.level != 1)
            continue;
        EXPECT_GT(entry.pageIndex, page) << "every chapter begins a page";
        page = entry.pageIndex;
        found.push_back(folded(entry.title));
    }
    EXPECT_EQ(found, wanted);
    EXPECT_GT(m_document.outline.size(), 2 * wanted.size()) << "sections belong to the outline";
    EXPECT_TRUE(m_document.warnings.empty()) << m_document.warnings.front();
}

TEST_F(SampleBook, LeavesRunningHeadsAndPageNumbersOut) {
    std::set<std::string> titles = {"Infolio User Manual", "Contents", "Preface"};
    for (const auto& entry : m_document.outline)
        if (entry.level == 1)
            titles.insert(folded(entry.title));
    int heads = 0;
    for (std::size_t i = 1; i < m_document.pages.size(); ++i) {
        const auto& words = m_raw.pages[i].words;
        const bool hasHead = std::any_of(words.begin(), words.end(),
                                         [](const auto& word) { return word.box.y1 < 48; });
        heads += hasHead ? 1 : 0;
        std::istringstream lines(pageText(m_document.pages[i]));
        std::string line, first, last;
        while (std::getline(lines, line)) {
            line = folded(line);
            if (line.empty())
                continue;
            if (first.empty())
                first = line;
            last = line;
        }
        if (hasHead) {
            for (const std::string& title : titles)
                EXPECT_FALSE(first.starts_with(title))
                    << "page " << m_document.pages[i].label << ": " << first;
        }
        EXPECT_FALSE(last == m_document.pages[i].label ||
                     last.ends_with(" " + m_document.pages[i].label))
            << last;
    }
    EXPECT_GT(heads, 30) << "the book has running heads to leave out";
}

TEST_F(SampleBook, RejoinsWordsBrokenAtLineEnds) {
    std::set<std::string> known;
    for (const auto& path : sources()) {
        const std::string text = fileText(path);
        const std::regex word("[A-Za-z]+(-[A-Za-z]+)*");
        for (std::sregex_iterator it(text.begin(), text.end(), word), end; it != end; ++it)
            known.insert(it->str());
    }
    int broken = 0, right = 0;
    std::string wrong;
    for (const auto& page : m_raw.pages) {
        // A word broken over a page turn stays broken, so each page is looked at alone.
        const std::string stored =
            folded(pageText(m_document.pages.at(static_cast<std::size_t>(page.index) - 1)));
        for (std::size_t i = 0; i + 1 < page.words.size(); ++i) {
            const auto& head = page.words[i];
            const auto& tail = page.words[i + 1];
            if (!head.utf8.ends_with("-") || head.utf8.size() < 3 || tail.box.y0 < head.box.y1 - 2)
                continue;
            std::smatch letters;
            const std::string before = head.utf8.substr(0, head.utf8.size() - 1);
            const std::string tailText = folded(tail.utf8);
            if (!std::regex_search(tailText, letters, std::regex("^[A-Za-z]+")))
                continue;
            const std::size_t start =
                before.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
            if (start == std::string::npos)
                continue;
            const std::string joined = before.substr(start) + letters.str(),
                              kept = before.substr(start) + "-" + letters.str();
            if (known.contains(joined) == known.contains(kept))
                continue;
            ++broken;
            const std::string form = known.contains(joined) ? joined : kept;
            const bool isRight = stored.find(form) != std::string::npos &&
                                 stored.find(head.utf8 + " " + tailText) == std::string::npos;
            right += isRight ? 1 : 0;
            if (!isRight)
                wrong += " " + form;
        }
    }
    EXPECT_GT(broken, 60) << "the book has broken words";
    EXPECT_GE(right * 100, broken * 98) << right << " of " << broken << "; wrong:" << wrong;
}

TEST_F(SampleBook, KeepsParagraphsWhole) {
    int found = 0, total = 0;
    std::string lost;
    for (const auto& path : sources()) {
        for (const std::string& paragraph : paragraphs(path)) {
            ++total;
            if (m_folded.find(paragraph) != std::string::npos)
                ++found;
            else
                lost += "\n  " + path.filename().string() + ": " + paragraph.substr(0, 90);
        }
    }
    EXPECT_GT(total, 250);
    EXPECT_GE(found * 100, total * 97) << found << " of " << total << "; lost:" << lost;
}

TEST_F(SampleBook, ReadsTheTwoColumnsOfTheGlossaryOneAfterTheOther) {
    const auto entries = paragraphs(TEST_SOURCES "/resources/manual/60-glossary.md");
    ASSERT_GT(entries.size(), 40u);
    std::size_t last = m_folded.rfind("Appendix B. Glossary");
    ASSERT_NE(last, std::string::npos);
    for (const std::string& entry : entries) {
        const std::size_t at = m_folded.find(entry, last);
        EXPECT_NE(at, std::string::npos) << "interleaved or out of order: " << entry;
        if (at != std::string::npos)
            last = at;
    }
}

TEST_F(SampleBook, PutsKnownSentencesOnTheirPages) {
    const std::pair<const char*, const char*> places[] = {
        {"The people, books and towns in the examples are invented.", "ii"},
        {"Word search is too fine", "vi"},
        {"Isla burnt her father's chairs on the gallery", "6"},
        {"Nobody has ever been spoiled by a hyphen, but it is a fact.", "29"},
        {"one was a photograph of a cat", "50"},
    };
    for (const auto& [sentence, label] : places)
        EXPECT_EQ(labelsOf(sentence), std::vector<std::string>{label}) << sentence;
}

TEST_F(SampleBook, HasTheAnswersOfItsQuestionsOnTheirPages) {
    const auto questions =
        nlohmann::json::parse(fileText(TEST_SOURCES "/resources/manual/questions.json"));
    ASSERT_GE(questions.size(), 12u);
    for (const auto& question : questions) {
        const auto page =
            std::ranges::find(m_document.pages, question.at("page").get<std::string>(),
                              &engine::document::Page::label);
        ASSERT_NE(page, m_document.pages.end()) << question;
        for (const auto& words : question.at("words"))
            EXPECT_NE(folded(pageText(*page)).find(words.get<std::string>()), std::string::npos)
                << question;
    }
}

TEST_F(SampleBook, PassagesTileTheTextAndKnowTheirPages) {
    std::int64_t end = 0;
    for (const auto& passage : m_document.passages) {
        EXPECT_EQ(passage.begin, end);
        end = passage.end;
        const auto& first = m_document.pages.at(static_cast<std::size_t>(passage.pageFirst) - 1);
        const auto& last = m_document.pages.at(static_cast<std::size_t>(passage.pageLast) - 1);
        EXPECT_TRUE(first.begin <= passage.begin && passage.begin < first.end);
        EXPECT_TRUE(last.begin < passage.end && passage.end <= last.end);
    }
    EXPECT_EQ(end, m_document.characters);
}

} // namespace
