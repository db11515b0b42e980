#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/reader/markdown.h"
#include "engine/reader/text.h"
#include "engine/reader/unicode.h"
#include "tests/unit/document/reader_test_files.h"

namespace engine::document {
namespace {

using reader::decodeText;
using reader::parseMarkdown;
using reader::parseText;

std::vector<std::string> headings(const std::vector<RawBlock>& blocks) {
    std::vector<std::string> result;
    for (const RawBlock& block : blocks)
        if (block.kind == BlockKind::Heading)
            result.push_back(block.utf8);
    return result;
}

std::vector<std::string> texts(const std::vector<RawBlock>& blocks) {
    std::vector<std::string> result;
    for (const RawBlock& block : blocks)
        result.push_back(block.utf8);
    return result;
}

/// A paragraph long enough to be a chapter, wrapped as Gutenberg does.
std::string prose(int lines = 8) {
    std::string result;
    for (int i = 0; i < lines; ++i)
        result += "the words of this line reach the right edge of the page, near enough\n";
    return result + "and here it ends.\n\n";
}

class ReaderText : public ReaderTest {
protected:
    static RawDocument readNovel(const std::string& name) {
        return readWhole(TEST_DATA "/narrativeqa/" + name + ".txt");
    }
    static std::size_t chapters(const RawDocument& document, const std::string& start) {
        const std::vector<std::string> all = headings(document.sections.at(0).blocks);
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(),
                          [&](const std::string& text) { return text.starts_with(start); }));
    }
};

TEST_F(ReaderText, NovelsHaveTheirChapters) {
    NEED_TEST_DATA();
    EXPECT_EQ(headings(readNovel("105_persuasion").sections[0].blocks).size(), 24U);
    EXPECT_EQ(chapters(readNovel("482_the-woodlanders"), "CHAPTER "), 48U);
    EXPECT_EQ(chapters(readNovel("215_the-call-of-the-wild"), "Chapter "), 7U);
    EXPECT_EQ(chapters(readNovel("78_tarzan-of-the-apes"), "Chapter "), 28U);
    const std::vector<std::string> machine =
        headings(readNovel("35_the-time-machine").sections[0].blocks);
    ASSERT_EQ(machine.size(), 18U);
    EXPECT_EQ(machine[0], "CONTENTS");
    EXPECT_EQ(machine[1], "I Introduction");
    EXPECT_EQ(machine[16], "XVI After the Story");
    EXPECT_EQ(machine[17], "Epilogue");
    const std::vector<std::string> gables =
        headings(readNovel("77_the-house-of-the-seven-gables").sections[0].blocks);
    EXPECT_EQ(gables.size(), 24U);
    EXPECT_EQ(gables.back(), "XXI The Departure");
    EXPECT_TRUE(headings(readNovel("1063_the-cask-of-amontillado").sections[0].blocks).empty());
}

TEST_F(ReaderText, NovelsHaveTheirTitleAndAuthor) {
    NEED_TEST_DATA();
    const RawDocument persuasion = readNovel("105_persuasion");
    EXPECT_EQ(persuasion.opened.kind, Kind::Text);
    EXPECT_EQ(persuasion.opened.title, "Persuasion");
    EXPECT_EQ(persuasion.opened.author, "Jane Austen");
    EXPECT_EQ(readNovel("35_the-time-machine").opened.author, "H. G. Wells");
}

TEST_F(ReaderText, CollectionsHaveTheirStories) {
    NEED_TEST_DATA();
    for (const char* name : {"irish", "native-american", "norwegian"}) {
        const std::string base = std::string(TEST_DATA "/fairytaleqa/") + name + "-fairybook";
        const auto described = nlohmann::json::parse(contentOf(base + ".json"));
        const std::vector<std::string> found =
            headings(readWhole(base + ".txt").sections.at(0).blocks);
        ASSERT_EQ(found.size(), described["stories"].size()) << name;
        for (std::size_t i = 0; i < found.size(); ++i) {
            std::string slug = found[i];
            std::transform(slug.begin(), slug.end(), slug.begin(), [](char c) {
                return c == ' ' ? '-' : static_cast<char>(std::tolower(c));
            });
            EXPECT_EQ(slug, described["stories"][i]["name"].get<std::string>());
        }
    }
}

TEST_F(ReaderText, NoWordIsLost) {
    NEED_TEST_DATA();
    const auto visible = [](std::string_view text) {
        std::string result;
        for (const char c : text)
            if (c != ' ' && c != '\n' && c != '\r')
                result += c;
        return result;
    };
    const std::string base = TEST_DATA "/fairytaleqa/norwegian-fairybook.txt";
    const RawDocument document = readWhole(base);
    std::string joined;
    for (const RawBlock& block : document.sections.at(0).blocks)
        joined += block.utf8;
    EXPECT_TRUE(visible(joined) == visible(contentOf(base)));
}

TEST_F(ReaderText, WrappedLinesAreJoinedAndVerseIsNot) {
    const std::vector<std::string> blocks =
        texts(parseText(prose() +
                        "a well-\nknown man said--\n\"no\"\n\n    Old longings nomadic leap,\n    "
                        "Chafing at custom's chain;\n    Again it wakes\n\n" +
                        prose())
                  .blocks);
    ASSERT_EQ(blocks.size(), 6U);
    EXPECT_TRUE(blocks[0].ends_with("near enough and here it ends."));
    EXPECT_EQ(blocks[1], "a well-known man said--\"no\"");
    EXPECT_EQ(blocks[2], "Old longings nomadic leap,");
    EXPECT_EQ(blocks[4], "Again it wakes");
}

TEST_F(ReaderText, LinesOfAnUnwrappedFileAreParagraphs) {
    EXPECT_EQ(texts(parseText("One.\nTwo.\n\fThree.\n").blocks),
              (std::vector<std::string>{"One.", "Two.", "Three."}));
}

TEST_F(ReaderText, HeadingsAreFoundByTheirKind) {
    const std::string text =
        "PART ONE\n\nChapter I\n\nThe Storm\n\n" + prose() + "Chapter II\n\nThe Calm.\n\n" +
        prose() + "Book the Second\n\nChapter I: Again\n\n" + prose() + "EPILOGUE\n\n" + prose();
    const std::vector<RawBlock> blocks = parseText(text).blocks;
    EXPECT_EQ(headings(blocks),
              (std::vector<std::string>{"PART ONE", "Chapter I The Storm", "Chapter II The Calm.",
                                        "Book the Second", "Chapter I: Again", "EPILOGUE"}));
    EXPECT_EQ(blocks[0].level, 1);
    EXPECT_EQ(blocks[1].level, 2);
}

TEST_F(ReaderText, ATableOfContentsIsNotItsChapters) {
    const std::string text = "CONTENTS\n\nChapter 1\n\nChapter 2\n\n\nChapter 1\n\n" + prose() +
                             "Chapter 2\n\n" + prose();
    EXPECT_EQ(headings(parseText(text).blocks),
              (std::vector<std::string>{"CONTENTS", "Chapter 1", "Chapter 2"}));
    const std::string numerals = "I. The Storm\n\nII. The Calm\n\n\nI. The Storm\n\n" + prose() +
                                 "II. The Calm\n\n" + prose();
    EXPECT_EQ(headings(parseText(numerals).blocks),
              (std::vector<std::string>{"I. The Storm", "II. The Calm"}));
}

TEST_F(ReaderText, SentencesAndPageNumbersAreNoHeadings) {
    std::string text = "Chapter 5 was long, and he slept.\n\n" + prose() +
                       "I was there.\n\n\"STOP!\"\n\n\nWHAT IS THIS?\n\n";
    for (int page = 1; page < 6; ++page)
        text += prose() + std::to_string(page) + "\n\n";
    EXPECT_TRUE(headings(parseText(text).blocks).empty());
}

TEST_F(ReaderText, EncodingsAreFound) {
    EXPECT_EQ(decodeText("na\xC3\xAFve"), "naïve");
    EXPECT_EQ(decodeText("\xEF\xBB\xBFna\xC3\xAFve"), "naïve");
    EXPECT_EQ(decodeText(std::string_view("\xFF\xFE\x61\x00\xEF\x00", 6)), "aï");
    EXPECT_EQ(decodeText(std::string_view("\xFE\xFF\x00\x61\x00\xEF", 6)), "aï");
    EXPECT_EQ(decodeText(std::string_view("\xFF\xFE\0\0\x61\0\0\0", 8)), "a");
    EXPECT_EQ(decodeText(std::string_view("\0\0\xFE\xFF\0\0\0\x61", 8)), "a");
    EXPECT_EQ(decodeText("It\x92s na\xEFve, he said, and the others agreed with that."),
              "It’s naïve, he said, and the others agreed with that.");
    EXPECT_EQ(decodeText("a\r\nb\rc\n"), "a\nb\nc\n");
    const std::string russian = "\xD1\xEB\xEE\xE2\xE0 \xFD\xF2\xEE\xE3\xEE "
                                "\xF2\xE5\xEA\xF1\xF2\xE0 \xED\xE0\xEF\xE8\xF1\xE0\xED\xFB "
                                "\xEF\xEE-\xF0\xF3\xF1\xF1\xEA\xE8, \xE8 \xE8\xF5 "
                                "\xED\xE5\xEC\xE0\xEB\xEE \xE7\xE4\xE5\xF1\xFC.";
    EXPECT_EQ(decodeText(russian)->substr(0, 10), "Слова");
}

TEST_F(ReaderText, OtherKindsOfFileAreNotText) {
    EXPECT_FALSE(decodeText(std::string_view("\x7f"
                                             "ELF\0\0",
                                             6))
                     .has_value());
    EXPECT_FALSE(decodeText("\x01\x02\x03\x04\x05\x06").has_value());
    for (const char* text :
         {"<!DOCTYPE html><p>", "  <html>", "{\\rtf1 x}", "%!PS-Adobe", "<?xml version='1.0'?>"})
        EXPECT_EQ(failure(file("document.txt", text)), Code::Unsupported) << text;
    EXPECT_EQ(failure(file("picture.txt", std::string("\x89PNG\r\n\x1A\n\0\0\0", 11))),
              Code::Unsupported);
}

TEST_F(ReaderText, ATextOfMoreThan64MebibytesIsTooBig) {
    EXPECT_EQ(failure(file("long.txt", std::string((64u << 20) + 1, 'x'))), Code::TooBig);
}

TEST_F(ReaderText, MarkdownKeepsItsStructure) {
    const auto parts = parseMarkdown("---\ntitle: \"A *title*\"\nauthor: Me\nlang: en\n---\n# Head "
                                     "*one*\n\nText `code` and\n[link](x)[^1].\n\n- a\n- b\n\n"
                                     "> q\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n  "
                                     "x\n```\n\n<p>html <b>x</b></p>\n\n[^1]: The note.\n");
    EXPECT_EQ(parts.title, "A *title*");
    EXPECT_EQ(parts.author, "Me");
    EXPECT_EQ(parts.language, "en");
    EXPECT_EQ(texts(parts.blocks),
              (std::vector<std::string>{"Head one", "Text code and link.", "a", "b", "q", "a | b",
                                        "1 | 2", "code\n  x", "html x", "The note."}));
    std::vector<BlockKind> kinds;
    for (const RawBlock& block : parts.blocks)
        kinds.push_back(block.kind);
    EXPECT_EQ(kinds,
              (std::vector<BlockKind>{BlockKind::Heading, BlockKind::Paragraph, BlockKind::ListItem,
                                      BlockKind::ListItem, BlockKind::Quote, BlockKind::TableRow,
                                      BlockKind::TableRow, BlockKind::Code, BlockKind::Paragraph,
                                      BlockKind::Note}));
    EXPECT_EQ(parseMarkdown("# Only\n\ntext").title, "Only");
    EXPECT_EQ(texts(parseMarkdown("---\nnot closed\n").blocks).size(), 1U);
    EXPECT_NO_THROW(parseMarkdown(std::string(100'000, '>') + " deep"));
}

TEST_F(ReaderText, TheNameOnlyTellsMarkdownFromText) {
    EXPECT_EQ(readWhole(file("notes.MD", "# Head\n")).opened.kind, Kind::Markdown);
    EXPECT_EQ(readWhole(file("notes.txt", "# Head\n")).opened.kind, Kind::Text);
}

TEST_F(ReaderText, StringsOfPdfsAreDecoded) {
    EXPECT_EQ(reader::decodePdfString(std::string_view("\xFE\xFF\x04\x21\xD8\x3D\xDE\x00", 8)),
              "С\U0001F600");
    EXPECT_EQ(reader::decodePdfString(std::string_view("\xFF\xFE\x61\x00", 4)), "a");
    EXPECT_EQ(reader::decodePdfString("na\xEFve\n x"), "naïve x");
    EXPECT_EQ(reader::decodePdfString("\xEF\xBB\xBF\xC3\xA9"), "é");
    EXPECT_EQ(reader::toLatin1("æøå"), "\xE6\xF8\xE5");
    EXPECT_EQ(reader::toLatin1("草"), "");
    EXPECT_EQ(reader::toUtf8(std::u16string_view(u"\xD800x")), "\uFFFDx");
}

} // namespace
} // namespace engine::document
