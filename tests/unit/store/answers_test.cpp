#include "tests/unit/store/fixture.h"

namespace engine::store {
namespace {

class AnswersTest : public LibraryTest {
protected:
    AnswersTest()
        : library(open()), first(addTexts(*library, "A", {"Text. "})),
          second(addTexts(*library, "B", {"More text. "})) {}

    std::unique_ptr<Library> library;
    std::int64_t first;
    std::int64_t second;
};

TEST_F(AnswersTest, anAnswerComesBackAsItWas) {
    AnswerRow row;
    row.conversation = "talk";
    row.question = "Who?";
    row.outcome = "answered";
    row.modelSha256 = "model";
    row.options = R"({"k":5})";
    row.createdAt = "2026-01-02T03:04:05Z";
    row.seed = 0xfedcba9876543210U;
    row.documents = {first, second};
    row.asOf = 12;
    row.coverage = "{}";
    row.evidence = {{1, first, 0, 4, 1, 2, "Text"}, {2, second, 0, 4, 3, 4, "More"}};
    row.gist = {{0, "One.", "evidence", {1, 2}}, {1, "Two.", "memory", {}}};
    const std::int64_t id = library->addAnswer(row);
    for (const std::int64_t document : {first, second}) {
        const auto answers = library->answers(document, "");
        ASSERT_EQ(answers.size(), 1U);
        const AnswerRow& stored = answers[0];
        EXPECT_EQ(stored.id, id);
        EXPECT_EQ(stored.conversation, "talk");
        EXPECT_EQ(stored.question, "Who?");
        EXPECT_EQ(stored.outcome, "answered");
        EXPECT_EQ(stored.modelSha256, "model");
        EXPECT_EQ(stored.options, R"({"k":5})");
        EXPECT_EQ(stored.createdAt, "2026-01-02T03:04:05Z");
        EXPECT_EQ(stored.seed, 0xfedcba9876543210U);
        EXPECT_EQ(stored.documents, row.documents);
        EXPECT_EQ(stored.asOf, 12);
        EXPECT_EQ(stored.coverage, "{}");
        ASSERT_EQ(stored.evidence.size(), 2U);
        EXPECT_EQ(stored.evidence[1].number, 2);
        EXPECT_EQ(stored.evidence[1].documentId, second);
        EXPECT_EQ(stored.evidence[1].end, 4);
        EXPECT_EQ(stored.evidence[1].pageFirst, 3);
        EXPECT_EQ(stored.evidence[1].pageLast, 4);
        EXPECT_EQ(stored.evidence[1].quote, "More");
        ASSERT_EQ(stored.gist.size(), 2U);
        EXPECT_EQ(stored.gist[0].text, "One.");
        EXPECT_EQ(stored.gist[0].basis, "evidence");
        EXPECT_EQ(stored.gist[0].citations, (std::vector<int>{1, 2}));
        EXPECT_EQ(stored.gist[1].basis, "memory");
        EXPECT_TRUE(stored.gist[1].citations.empty());
    }
}

TEST_F(AnswersTest, conversationsAreToldApart) {
    AnswerRow row;
    row.documents = {first};
    for (const char* conversation : {"", "x", "y", "x"}) {
        row.conversation = conversation;
        library->addAnswer(row);
    }
    EXPECT_EQ(library->answers(first, "").size(), 4U);
    EXPECT_EQ(library->answers(first, "x").size(), 2U);
    EXPECT_EQ(library->answers(first, "z").size(), 0U);
    EXPECT_EQ(library->answers(second, "").size(), 0U);
    EXPECT_FALSE(library->answers(first, "y")[0].seed);
    EXPECT_FALSE(library->answers(first, "y")[0].asOf);
    EXPECT_FALSE(library->answers(first, "y")[0].createdAt.empty());
}

TEST_F(AnswersTest, aCitationOfNoEvidenceIsABugAndStoresNothing) {
    AnswerRow row;
    row.documents = {first};
    row.gist = {{0, "One.", "evidence", {1}}};
    EXPECT_EQ(codeOf([&] { library->addAnswer(row); }), Code::Internal);
    EXPECT_TRUE(library->answers(first, "").empty());
}

TEST_F(AnswersTest, aSummaryReplacesOneOfTheSameKind) {
    SummaryRow row;
    row.documentId = first;
    row.title = "Chapter 3";
    row.begin = 1;
    row.end = 5;
    row.length = "short";
    row.style = "prose";
    row.coverage = "{}";
    row.evidence = {{1, first, 1, 3, 1, 1, "ex"}};
    row.gist = {{0, "One.", "evidence", {1}}};
    library->addSummary(row);
    row.gist[0].text = "Two.";
    const std::int64_t id = library->addSummary(row);
    row.style = "points";
    library->addSummary(row);
    const auto summaries = library->summaries(first);
    ASSERT_EQ(summaries.size(), 2U);
    EXPECT_EQ(summaries[0].id, id);
    EXPECT_EQ(summaries[0].title, "Chapter 3");
    EXPECT_EQ(summaries[0].begin, 1);
    EXPECT_EQ(summaries[0].end, 5);
    EXPECT_EQ(summaries[0].length, "short");
    EXPECT_EQ(summaries[0].coverage, "{}");
    EXPECT_EQ(summaries[0].gist[0].text, "Two.");
    EXPECT_EQ(summaries[0].gist[0].citations, (std::vector<int>{1}));
    EXPECT_EQ(summaries[0].evidence[0].quote, "ex");
    EXPECT_EQ(summaries[1].style, "points");
    EXPECT_TRUE(library->summaries(second).empty());
    EXPECT_TRUE(library->answers(first, "").empty()); // a summary is no answer to a question
}

TEST_F(AnswersTest, aBooksSummaryReplacesNoneOfAChapter) {
    const auto summary = [&](std::int64_t begin, std::int64_t end, bool isOfBook,
                             const char* text) {
        SummaryRow row;
        row.documentId = first;
        row.begin = begin;
        row.end = end;
        row.isOfBook = isOfBook;
        row.length = "medium";
        row.style = "prose";
        row.gist = {{0, text, "memory", {}}};
        return library->addSummary(row);
    };
    const auto listed = [&] {
        std::string texts;
        for (const SummaryRow& row : library->summaries(first)) {
            EXPECT_EQ(row.length, "medium");
            texts += (row.isOfBook ? "book " : "") + row.gist.at(0).text + " ";
        }
        return texts;
    };
    const std::int64_t chapter = summary(0, 3, false, "Chapter.");
    std::vector<std::int64_t> parts{summary(0, 3, true, "One."), summary(3, 6, true, "Two.")};
    EXPECT_EQ(listed(), "Chapter. "); // a part of what is never completed is none
    library->completeBookSummary(first, "medium", "prose", parts);
    EXPECT_EQ(listed(), "Chapter. book One. book Two. ");
    EXPECT_EQ(library->summaries(first)[0].id, chapter);
    // One that was not completed leaves the former as it was and no trace in the next.
    summary(0, 3, true, "Broken off.");
    summary(3, 5, true, "Broken off.");
    EXPECT_EQ(listed(), "Chapter. book One. book Two. ");
    parts = {summary(0, 3, true, "New.")};
    library->completeBookSummary(first, "medium", "prose", parts);
    EXPECT_EQ(listed(), "Chapter. book New. ");
    library->completeBookSummary(first, "medium", "points", {});
    library->completeBookSummary(second, "medium", "prose", {});
    EXPECT_EQ(listed(), "Chapter. book New. ");
    summary(0, 3, false, "Again.");
    EXPECT_EQ(listed(), "book New. Again. ");
}

TEST_F(AnswersTest, twoProgramsThatSummariseABookAtOnceLoseNoSummaryThatIsListed) {
    const auto other = open();
    const auto part = [&](Library& program, const char* text) {
        SummaryRow row;
        row.documentId = first;
        row.end = 3;
        row.isOfBook = true;
        row.length = "medium";
        row.style = "prose";
        row.gist = {{0, text, "memory", {}}};
        return program.addSummary(row);
    };
    const auto listed = [&] {
        std::string texts;
        for (const SummaryRow& row : library->summaries(first)) {
            texts += row.gist.at(0).text + " ";
        }
        return texts;
    };
    library->completeBookSummary(first, "medium", "prose", {part(*library, "Former.")});
    const std::int64_t mine = part(*library, "Mine.");
    const std::int64_t theirs = part(*other, "Theirs.");
    EXPECT_EQ(codeOf([&] { library->completeBookSummary(first, "medium", "prose", {mine}); }),
              Code::LibraryBusy);
    EXPECT_EQ(listed(), "Former. ");
    other->completeBookSummary(first, "medium", "prose", {theirs});
    EXPECT_EQ(listed(), "Theirs. ");
}

TEST_F(AnswersTest, conversationsAreListedByTheirNewestAnswer) {
    const auto ask = [&](const char* conversation, const char* question) {
        AnswerRow row;
        row.conversation = conversation;
        row.question = question;
        row.documents = {first, second};
        library->addAnswer(row);
    };
    ask("x", "1");
    ask("y", "2");
    ask("", "3");
    ask("x", "4");
    EXPECT_EQ(library->conversations(), (std::vector<std::string>{"x", "y"}));
    const auto answers = library->answersOfConversation("x");
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].question, "1");
    EXPECT_EQ(answers[1].question, "4");
    EXPECT_EQ(answers[1].documents.size(), 2U);
    EXPECT_TRUE(library->answersOfConversation("").empty());
}

} // namespace
} // namespace engine::store
