#include <algorithm>
#include <map>
#include <regex>

#include <zip.h>

#include "tests/unit/engine/manual.h"

namespace {

using engine::Code;
using engine::DocumentId;
using engine::LineBox;
using engine::PageInfo;
using engine::TextBlock;
using engine::TextRange;
using engine::WordBox;
using tests::codeOf;

class StructureTest : public tests::ManualTest {};

/// Where the book says this, from the text of the whole book.
TextRange rangeOf(const engine::Engine& engine, const engine::DocumentInfo& book,
                  const std::string& words) {
    const std::string text = engine.text(book.id, {0, book.characters});
    const std::size_t at = text.find(words);
    EXPECT_NE(at, std::string::npos) << words;
    const std::int64_t begin = engine::document::codePoints(text.substr(0, at));
    return {begin, begin + engine::document::codePoints(words)};
}

/// A small EPUB that lists the pages of its printed edition: 213 to 215, behind a title page.
std::string printedEdition(const tests::TemporaryFolder& folder) {
    const std::string item = "<item media-type='application/xhtml+xml' id='";
    const std::map<std::string, std::string> parts = {
        {"META-INF/container.xml",
         "<container><rootfiles><rootfile full-path='a/b.opf'/></rootfiles></container>"},
        {"a/b.opf", "<package><metadata><title>Harbour</title></metadata><manifest>" + item +
                        "nav' href='nav.xhtml' properties='nav'/>" + item +
                        "one' href='one.xhtml'/></manifest><spine><itemref "
                        "idref='one'/></spine></package>"},
        {"a/nav.xhtml",
         "<nav epub:type='toc'><ol><li><a href='one.xhtml'>Front</a></li><li><a "
         "href='one.xhtml#c'>The light</a></li></ol></nav><nav epub:type='page-list'><ol><li><a "
         "href='one.xhtml#p213'>213</a></li><li><a href='one.xhtml#p214'>214</a></li><li><a "
         "href='one.xhtml#p215'>215</a></li></ol></nav>"},
        {"a/one.xhtml",
         "<p>Harbour, a novel.</p><h2 id='c'><span id='p213'></span>The light</h2><p>The boat "
         "came in at dusk.</p><p id='p214'>The keeper lit the lamp.</p><p "
         "id='p215'>Nobody saw it.</p>"}};
    const std::string path = folder.file("printed.epub");
    zip_t* made = zip_open(path.c_str(), ZIP_CREATE, nullptr);
    for (const auto& [name, content] : parts)
        zip_file_add(made, name.c_str(), zip_source_buffer(made, content.data(), content.size(), 0),
                     0);
    EXPECT_EQ(zip_close(made), 0);
    return path;
}

TEST(PrintedPages, HaveTextAndNamesAndNoPictures) {
    const tests::TemporaryFolder folder;
    const auto engine = tests::openEngine(folder.file("library"));
    const engine::DocumentInfo book = tests::readText(*engine, printedEdition(folder));
    EXPECT_EQ(book.kind, "epub");
    EXPECT_FALSE(book.coverage.isLocation);
    EXPECT_FALSE(engine::hasPictures(book.kind));
    const auto pages = engine->pages(book.id);
    ASSERT_EQ(pages.size(), 4U);
    EXPECT_EQ(pages[0].label, "[1]") << "nothing is printed there";
    EXPECT_EQ(pages[2].label, "214");
    const TextRange quote = rangeOf(*engine, book, "The keeper lit the lamp.");
    EXPECT_TRUE(engine->words(book.id, 3).empty());
    EXPECT_TRUE(engine->boxes(book.id, quote).empty());
    EXPECT_FALSE(engine->blocks(book.id, quote).empty());

    tests::Events found, drawn;
    engine->search({"keeper", {}, {}, 20, false}, found.sink()).wait();
    const auto hits = found.of<engine::SearchHit>();
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_TRUE(hits[0].passage.pages.isPrinted);
    EXPECT_EQ(hits[0].passage.place, "“The light”, pp. 213–215");
    const auto contents = engine->contents(book.id);
    ASSERT_EQ(contents.size(), 2U);
    EXPECT_EQ(contents[0].page.firstLabel, "[1]") << "nothing is printed there";
    EXPECT_EQ(contents[1].page.firstLabel, "213");

    EXPECT_EQ(engine->boundOf(book.id, {"213"}), pages[1].range.end);
    EXPECT_EQ(codeOf([&] { (void)engine->boundOf(book.id, {"2"}); }), Code::WrongUse);

    engine::RenderRequest request;
    request.document = book.id;
    engine->render(request, drawn.sink()).wait();
    const auto failures = drawn.of<engine::Failed>();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].code, Code::WrongUse);
    EXPECT_NE(failures[0].message.find("no pages to draw"), std::string::npos);
}

TEST_F(StructureTest, PagesTileTheTextAndHaveSizes) {
    const auto pages = s_engine->pages(s_book.id);
    ASSERT_EQ(static_cast<int>(pages.size()), s_book.coverage.total);
    std::int64_t end = 0;
    for (const PageInfo& page : pages) {
        EXPECT_EQ(page.range.begin, end);
        end = page.range.end;
        EXPECT_GT(page.widthPt, 100);
        EXPECT_GT(page.heightPt, page.widthPt);
        EXPECT_EQ(page.state, PageInfo::State::Text) << page.index;
        EXPECT_FALSE(page.label.empty());
    }
    EXPECT_EQ(end, s_book.characters);
}

TEST_F(StructureTest, ABoundIsTheEndOfThePlaceThatIsNamed) {
    const auto chapters = s_engine->chapters(s_book.id);
    ASSERT_GT(chapters.size(), 3U);
    EXPECT_EQ(s_engine->boundOf(s_book.id, {"chapter:2"}), chapters[1].range.end);
    const PageInfo page = s_engine->pages(s_book.id)[11];
    EXPECT_EQ(s_engine->boundOf(s_book.id, {"index:12"}), page.range.end);
    EXPECT_EQ(s_engine->boundOf(s_book.id, {page.label}), page.range.end);
    EXPECT_EQ(s_engine->boundOf(s_book.id, {"offset:77"}), 77);
    EXPECT_EQ(codeOf([] { (void)s_engine->boundOf(s_book.id, {"chapter:999"}); }), Code::WrongUse);
    EXPECT_EQ(codeOf([] { (void)s_engine->boundOf({std::string(64, '0')}, {"1"}); }),
              Code::NotInLibrary);
}

TEST_F(StructureTest, WordsAreTheTextOfTheirPage) {
    const PageInfo page = s_engine->pages(s_book.id)[11];
    const auto words = s_engine->words(s_book.id, page.index);
    ASSERT_GT(words.size(), 100U);
    std::int64_t end = page.range.begin;
    for (const WordBox& word : words) {
        EXPECT_GE(word.range.begin, end - 1) << "a divided word has two entries";
        EXPECT_LE(word.range.end, page.range.end);
        end = word.range.end;
        const std::string text = s_engine->text(s_book.id, word.range);
        EXPECT_EQ(text.find_first_of(" \n"), std::string::npos) << text;
    }
}

TEST_F(StructureTest, BoxesOfAPassageCoverItsWordsAndLieOnThePage) {
    const PageInfo page = s_engine->pages(s_book.id)[11];
    const TextRange range{page.range.begin + 200, page.range.begin + 700};
    const auto lines = s_engine->boxes(s_book.id, range);
    std::size_t count = 0;
    for (const WordBox& word : s_engine->words(s_book.id, page.index)) {
        if (word.range.end <= range.begin || word.range.begin >= range.end)
            continue;
        ++count;
        EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [&](const LineBox& line) {
            return line.x0 <= word.x0 && line.y0 <= word.y0 && line.x1 >= word.x1 &&
                   line.y1 >= word.y1;
        })) << s_engine->text(s_book.id, word.range);
    }
    EXPECT_GT(count, 50U);
    EXPECT_LT(lines.size(), count / 4) << "one box per line";
    for (const LineBox& line : lines) {
        EXPECT_EQ(line.page, page.index);
        EXPECT_TRUE(line.x0 >= 0 && line.y0 >= 0 && line.x0 < line.x1 && line.y0 < line.y1);
        EXPECT_TRUE(line.x1 <= page.widthPt && line.y1 <= page.heightPt);
    }
}

TEST_F(StructureTest, BoxesOfARangeOverTwoPagesNameBoth) {
    const PageInfo page = s_engine->pages(s_book.id)[11];
    const auto lines = s_engine->boxes(s_book.id, {page.range.end - 40, page.range.end + 40});
    ASSERT_FALSE(lines.empty());
    EXPECT_EQ(lines.front().page, page.index);
    EXPECT_EQ(lines.back().page, page.index + 1);
    EXPECT_TRUE(s_engine->boxes(s_book.id, {page.range.end, page.range.end}).empty());
}

TEST_F(StructureTest, BlocksNameHeadingsAndParagraphs) {
    const auto all = s_engine->blocks(s_book.id, {0, s_book.characters});
    ASSERT_GT(all.size(), 100U);
    const auto count = [&](TextBlock::Kind kind) {
        return std::count_if(all.begin(), all.end(),
                             [&](const TextBlock& block) { return block.kind == kind; });
    };
    EXPECT_GT(count(TextBlock::Kind::Heading), 10);
    EXPECT_GT(count(TextBlock::Kind::Paragraph), 100);
    const TextRange inside{all[50].range.begin, all[52].range.begin + 1};
    const auto some = s_engine->blocks(s_book.id, inside);
    ASSERT_EQ(some.size(), 3U);
    EXPECT_EQ(some[1].range.begin, all[51].range.begin);
    EXPECT_EQ(some[1].range.end, all[51].range.end);
}

TEST_F(StructureTest, ADocumentWithoutPagesHasLocationsAndNoBoxes) {
    const std::string path =
        s_folder->write("notes.md", "# Title\n\nA *first* paragraph.\n\n- one\n- two\n\n> said\n");
    const auto notes = tests::readText(*s_engine, path);
    const auto pages = s_engine->pages(notes.id);
    ASSERT_EQ(pages.size(), 1U);
    EXPECT_EQ(pages[0].widthPt, 0);
    EXPECT_EQ(pages[0].range.end, notes.characters);
    EXPECT_TRUE(s_engine->boxes(notes.id, {0, notes.characters}).empty());
    EXPECT_TRUE(s_engine->words(notes.id, 1).empty());
    std::vector<TextBlock::Kind> kinds;
    for (const TextBlock& block : s_engine->blocks(notes.id, {0, notes.characters}))
        kinds.push_back(block.kind);
    using Kind = TextBlock::Kind;
    EXPECT_EQ(kinds, (std::vector<Kind>{Kind::Heading, Kind::Paragraph, Kind::ListItem,
                                        Kind::ListItem, Kind::Quote}));
    EXPECT_EQ(rangeOf(*s_engine, notes, "first").end - rangeOf(*s_engine, notes, "first").begin, 5);
}

TEST_F(StructureTest, ASearchNamesTheWordsThatItFound) {
    engine::SearchRequest request;
    request.query = "memories";
    request.perDocument = 2;
    tests::Events few;
    s_engine->search(request, few.sink()).wait();
    const auto hits = few.of<engine::SearchHit>();
    ASSERT_EQ(hits.size(), 2U);
    for (const engine::SearchHit& hit : hits) {
        EXPECT_EQ(s_engine->text(s_book.id, hit.passage.range), hit.passage.quote);
        ASSERT_FALSE(hit.words.empty());
        for (const engine::TextRange& word : hit.words)
            EXPECT_TRUE(std::regex_match(s_engine->text(s_book.id, word),
                                         std::regex("memory|memories", std::regex::icase)));
    }
    s_engine->remove({s_book.id});
    tests::Events none;
    s_engine->search(request, none.sink()).wait();
    EXPECT_TRUE(none.of<engine::SearchHit>().empty());
    s_engine->restore({s_book.id});
}

TEST_F(StructureTest, PlacesOutsideTheDocumentAreRefused) {
    const DocumentId nobody{std::string(64, 'f')};
    for (const TextRange range :
         {TextRange{-1, 5}, TextRange{5, 4}, TextRange{0, s_book.characters + 1}}) {
        EXPECT_EQ(codeOf([&] { (void)s_engine->boxes(s_book.id, range); }), Code::WrongUse);
        EXPECT_EQ(codeOf([&] { (void)s_engine->blocks(s_book.id, range); }), Code::WrongUse);
        EXPECT_EQ(codeOf([&] { (void)s_engine->text(s_book.id, range); }), Code::WrongUse);
    }
    for (const int page : {0, -1, s_book.coverage.total + 1})
        EXPECT_EQ(codeOf([&] { (void)s_engine->words(s_book.id, page); }), Code::WrongUse);
    EXPECT_EQ(codeOf([&] { (void)s_engine->pages(nobody); }), Code::NotInLibrary);
    EXPECT_EQ(codeOf([&] { (void)s_engine->boxes(nobody, {0, 1}); }), Code::NotInLibrary);
    EXPECT_EQ(codeOf([&] { (void)s_engine->blocks(nobody, {0, 1}); }), Code::NotInLibrary);
    EXPECT_EQ(codeOf([&] { (void)s_engine->words(nobody, 1); }), Code::NotInLibrary);
    EXPECT_EQ(codeOf([&] { (void)s_engine->summaries(nobody); }), Code::NotInLibrary);
}

} // namespace
