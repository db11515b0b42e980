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

TEST_F(LibraryTest, findsByWordsWithinTheScope) {
    const auto library = open();
    const std::int64_t first =
        addTexts(*library, "A", {"Anne walked home. ", "He was walking too. "});
    const std::int64_t second = addTexts(*library, "B", {"Anne's walk. ", "Nothing here. "});
    const auto hits = library->candidates({"walked", "Anne"}, {{first, {}}, {second, {}}}, 10);
    ASSERT_EQ(hits.size(), 3U);
    EXPECT_EQ(library->candidates({"walks"}, {{second, {}}}, 10).size(), 1U);
    EXPECT_EQ(library->search("walk anne", {{first, {}}}, 10, false).size(), 1U);
    EXPECT_EQ(library->search("walk", {{first, {}}, {second, {}}}, 10, true).size(), 1U);
    EXPECT_EQ(library->search("\"was walking\"", {{first, {}}}, 10, false).size(), 1U);
    EXPECT_EQ(library->search("\"walking was\"", {{first, {}}}, 10, false).size(), 0U);
    EXPECT_EQ(library->search("... -- \"!?\"", {{first, {}}}, 10, false).size(), 0U);
}

TEST_F(LibraryTest, purgeLeavesTheOthers) {
    const auto library = open();
    const std::int64_t first =
        addTexts(*library, "A", {"Anne walked home. ", "He was walking too. "});
    const std::int64_t second = addTexts(*library, "B", {"Anne's walk. ", "Nothing here. "});
    library->remove(first);
    EXPECT_EQ(library->purge(), 1);
    EXPECT_EQ(library->documents().size(), 1U);
    EXPECT_EQ(library->candidates({"walks"}, {{second, {}}}, 10).size(), 1U);
    EXPECT_TRUE(library->verify({}).empty());
}

} // namespace
} // namespace engine::store
