#include <cctype>

#include "engine/store/database.h"
#include "tests/unit/store/fixture.h"

namespace engine::store {
namespace {

TEST_F(LibraryTest, storesADocumentAndGivesItBack) {
    const auto library = open();
    DocumentContent content = contentOf({"Zoë sat. ", "Märchen über Bäume. ", "The end 🙂."});
    content.pages[1].words = std::string("\0\1\2", 3);
    content.blocks = {{1, 2, 0, 9}, {0, 0, 9, 29}};
    content.outline = {{0, -1, 1, "Beginning", 1, 0, "file"}, {1, 0, 2, "Trees", 2, 9, "file"}};
    content.passages[1].outline = 1;
    content.passages[0].isContents = true;
    DocumentRow row = rowOf("Trees", content);
    row.author = "A. Writer";
    row.hasLocations = true;
    const std::int64_t id = library->addDocument(row, content);

    const auto stored = library->document(id);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->title, "Trees");
    EXPECT_EQ(stored->author, "A. Writer");
    EXPECT_EQ(stored->sha256, row.sha256);
    EXPECT_TRUE(stored->hasLocations);
    EXPECT_EQ(stored->characters, 39);
    EXPECT_EQ(stored->addedAt.size(), 20U);
    EXPECT_FALSE(stored->deletedAt);
    EXPECT_FALSE(library->document(id + 1));

    EXPECT_EQ(library->text(id, 0, 40), "Zoë sat. Märchen über Bäume. The end 🙂.");
    EXPECT_EQ(library->text(id, 2, 11), "ë sat. Mä");
    EXPECT_EQ(library->text(id, 36, 1000), " 🙂.");
    EXPECT_EQ(library->text(id, -5, 3), "Zoë");
    EXPECT_EQ(library->text(id, 9, 9), "");
    EXPECT_EQ(library->text(id + 1, 0, 9), "");

    ASSERT_EQ(library->pages(id).size(), 3U);
    EXPECT_EQ(library->pages(id)[1].words, "");
    EXPECT_EQ(library->pages(id, true)[1].words, content.pages[1].words);
    EXPECT_EQ(library->blocks(id, 9, 10).size(), 1U);
    EXPECT_EQ(library->blocks(id, 8, 10).size(), 2U);
    EXPECT_EQ(library->outline(id)[1].title, "Trees");
    const auto overlapping = library->passages(id, 8, 10);
    ASSERT_EQ(overlapping.size(), 2U);
    EXPECT_TRUE(overlapping[0].isContents);
    EXPECT_EQ(overlapping[1].outline, 1);
    EXPECT_EQ(library->passages(id, 9, 10).size(), 1U);
    EXPECT_EQ(library->passage(overlapping[1].id)->text, "Märchen über Bäume. ");
    EXPECT_TRUE(library->verify({}).empty());
}

TEST_F(LibraryTest, aDocumentIsFoundByHashTitleAndPath) {
    const auto library = open();
    const std::int64_t first = addTexts(*library, "Same title", {"One. "});
    const std::int64_t second = addTexts(*library, "Same title", {"Two. "});
    const std::string hex = library->document(first)->sha256;
    EXPECT_EQ(library->documentBySha256(hex)->id, first);
    EXPECT_FALSE(library->documentBySha256(hex.substr(0, 63)));
    EXPECT_EQ(library->documentsByPrefix(hex.substr(0, 6)).at(0).id, first);
    std::string upper = hex.substr(0, 6);
    for (char& digit : upper) {
        digit = static_cast<char>(std::toupper(digit));
    }
    EXPECT_EQ(library->documentsByPrefix(upper).size(), 1U);
    EXPECT_EQ(library->documentsByPrefix("").size(), 2U);
    EXPECT_EQ(library->documentsByPrefix("zz").size(), 0U);
    EXPECT_EQ(library->documentsByPrefix("%").size(), 0U);
    EXPECT_EQ(library->documentsByTitle("Same title").size(), 2U);
    EXPECT_EQ(library->documentsByTitle("same").size(), 0U);

    // One document, two paths; one path, two documents: the file has changed.
    const std::string odd = "/books/not utf-8 \xff";
    library->addPath(first, odd, 10, 1);
    library->addPath(first, "/books/b", 10, 1);
    library->addPath(first, "/books/b", 20, 1);
    library->addPath(second, "/books/b", 30, 1);
    EXPECT_EQ(library->paths(first), (std::vector<std::string>{"/books/b", odd}));
    EXPECT_EQ(library->documentsByPath(odd).at(0).id, first);
    ASSERT_EQ(library->documentsByPath("/books/b").size(), 2U);
    EXPECT_EQ(library->documentsByPath("/books/b")[0].id, second);

    library->setState(first, "read with gaps", "one page failed");
    EXPECT_EQ(library->document(first)->state, "read with gaps");
    EXPECT_EQ(library->document(first)->error, "one page failed");
}

TEST_F(LibraryTest, theSameBytesAreOneDocument) {
    const auto library = open();
    const std::int64_t id = addTexts(*library, "A", {"One. "});
    EXPECT_EQ(addTexts(*library, "A", {"One. "}), id);
    EXPECT_EQ(library->documents().size(), 1U);
}

TEST_F(LibraryTest, aDocumentIsInSeveralCollections) {
    const auto library = open();
    const std::int64_t first = addTexts(*library, "A", {"One. "});
    const std::int64_t second = addTexts(*library, "B", {"Two. "});
    library->addToCollection("x", second);
    library->addToCollection("x", first);
    library->addToCollection("x", first);
    library->addToCollection("y", first);
    EXPECT_EQ(library->collection("x"), (std::vector<std::int64_t>{first, second}));
    EXPECT_EQ(library->collectionsOf(first), (std::vector<std::string>{"x", "y"}));
    EXPECT_TRUE(library->collection("z").empty());
    EXPECT_EQ(codeOf([&] { library->addToCollection("z", 77); }), Code::Internal);
}

TEST_F(LibraryTest, passagesMustTileTheText) {
    const auto library = open();
    std::vector<DocumentContent> broken(4, contentOf({"One. ", "Two. "}));
    broken[0].passages[1].begin += 1;
    broken[1].passages[0].begin = 1;
    broken[2].passages[1].text += "x";
    broken[3].passages[1].end = broken[3].passages[1].begin;
    for (const DocumentContent& content : broken) {
        EXPECT_EQ(codeOf([&] { library->addDocument(rowOf("A", content), content); }),
                  Code::Internal);
    }
    DocumentContent many;
    for (int i = 0; i <= 1 << 20; ++i) {
        PassageRow passage;
        passage.begin = i;
        passage.end = i + 1;
        passage.text = "x";
        many.passages.push_back(passage);
    }
    EXPECT_EQ(codeOf([&] { library->addDocument(DocumentRow{}, many); }), Code::TooBig);
    EXPECT_TRUE(library->documents().empty());
    EXPECT_TRUE(library->verify({}).empty());
}

TEST_F(LibraryTest, aDocumentMayBeEmpty) {
    const auto library = open();
    const std::int64_t id = addTexts(*library, "Nothing", {});
    EXPECT_EQ(library->text(id, 0, 10), "");
    EXPECT_TRUE(library->candidates({"word"}, {}, {{id, {}}, {id, 5}}, 10).empty());
    EXPECT_TRUE(library->verify(id).empty());
}

TEST_F(LibraryTest, verifyNamesEachFault) {
    const auto library = open();
    const std::int64_t id = addTexts(*library, "A", {"One. ", "Two. ", "Three. "});
    const std::int64_t other = addTexts(*library, "B", {"Four. "});
    const auto after = [&](const std::string& sql) {
        const Database database = Database::open(file(), Database::Mode::Create);
        database.run("BEGIN; " + sql);
        database.run("COMMIT");
        EXPECT_TRUE(library->verify(other).empty() || sql.find("fts") != std::string::npos ||
                    sql.find("pages") != std::string::npos);
        return library->verify(id).size();
    };
    EXPECT_EQ(after("UPDATE documents SET title = title"), 0U);
    EXPECT_EQ(after("UPDATE passages SET text = 'Two! ' WHERE text = 'Two. '"), 1U); // hash
    EXPECT_EQ(after("UPDATE passages SET text = 'Two. ' WHERE text = 'Two! '"), 0U);
    EXPECT_EQ(after("UPDATE documents SET chars = 5 WHERE title = 'A'"), 1U);
    EXPECT_EQ(after("UPDATE documents SET chars = 17 WHERE title = 'A'"), 0U);
    EXPECT_EQ(after("DELETE FROM passages WHERE text = 'Two. '"), 4U); // order, index twice, hash
    EXPECT_EQ(after("DELETE FROM documents WHERE title = 'A'"), 0U);
    EXPECT_EQ(after("PRAGMA foreign_keys=OFF"), 0U);
    EXPECT_EQ(after("DELETE FROM passages_fts_data"), 1U);
}

} // namespace
} // namespace engine::store
