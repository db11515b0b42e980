#include "engine/history.h"

#include <algorithm>
#include <filesystem>

#include "tests/unit/engine/manual.h"

namespace {

using engine::AnswerRecord;
using engine::Basis;
using tests::Events;

class HistoryTest : public tests::ManualTest {
protected:
    static std::unique_ptr<engine::store::Library> library() {
        return engine::store::Library::open(s_folder->file("library"),
                                            engine::store::Library::Access::ReadWrite);
    }
    static std::int64_t bookId(const engine::store::Library& library) {
        return library.documentBySha256(s_book.id.sha256)->id;
    }
};

TEST_F(HistoryTest, AnAnswerSurvivesReopening) {
    engine::AskRequest request;
    request.documents = {s_book.id};
    request.question = "What does coverage count?";
    request.conversation = "talk";
    request.asOf = engine::PageSpec{"index:40"};
    Events events;
    s_engine->ask(request, events.sink()).wait();
    const auto shown = events.of<engine::Evidence>();
    ASSERT_FALSE(shown.empty());

    s_engine.reset();
    s_engine = tests::openEngine(s_folder->file("library"));
    const auto answers = s_engine->answers("talk");
    ASSERT_EQ(answers.size(), 1U);
    const AnswerRecord& answer = answers.front();
    EXPECT_EQ(answer.question, request.question);
    EXPECT_EQ(answer.conversation, "talk");
    EXPECT_EQ(answer.askedAt.size(), std::string("2026-01-02T03:04:05Z").size());
    EXPECT_EQ(answer.documents, request.documents);
    EXPECT_EQ(answer.asOf, "p. " + s_engine->pages(s_book.id)[39].label);
    EXPECT_NE(answer.coverage.find("As of"), std::string::npos);
    EXPECT_EQ(answer.model, "");
    EXPECT_FALSE(answer.refusal);
    ASSERT_EQ(answer.evidence.size(), shown.size());
    for (std::size_t i = 0; i < shown.size(); ++i) {
        EXPECT_EQ(answer.evidence[i].number, shown[i].number);
        EXPECT_EQ(answer.evidence[i].quote, shown[i].quote);
        EXPECT_EQ(answer.evidence[i].place, shown[i].place);
        EXPECT_EQ(answer.evidence[i].title, s_book.title);
        EXPECT_EQ(answer.evidence[i].range.begin, shown[i].range.begin);
    }
}

TEST_F(HistoryTest, WhatTheStoredTextContradictsIsNotHandedOut) {
    const auto library = HistoryTest::library();
    engine::store::AnswerRow row;
    row.conversation = "forged";
    row.question = "Who?";
    row.outcome = "answered";
    row.modelSha256 = "abc";
    row.documents = {bookId(*library)};
    row.evidence = {
        {1, row.documents[0], 100, 120, 1, 1, library->text(row.documents[0], 100, 120)},
        {2, row.documents[0], 100, 120, 1, 1, "Nobody ever said it."}};
    row.gist = {
        {0, "One.", "evidence", {1, 2}}, {1, "Two.", "memory", {}}, {2, "Three.", "model", {}}};
    library->addAnswer(row);
    const auto answers = s_engine->answers("forged");
    ASSERT_EQ(answers.size(), 1U);
    ASSERT_EQ(answers[0].evidence.size(), 1U);
    EXPECT_EQ(answers[0].evidence[0].number, 1);
    EXPECT_EQ(answers[0].model, "abc");
    EXPECT_EQ(answers[0].asOf, "");
    ASSERT_EQ(answers[0].gist.size(), 3U);
    EXPECT_EQ(answers[0].gist[0].basis, Basis::Evidence);
    EXPECT_EQ(answers[0].gist[0].citations, std::vector<int>{1}) << "nothing stands behind 2";
    EXPECT_EQ(answers[0].gist[1].basis, Basis::Memory);
    EXPECT_EQ(answers[0].gist[2].basis, Basis::Model);
}

TEST_F(HistoryTest, ARefusalKeepsItsSentence) {
    const auto library = HistoryTest::library();
    engine::store::AnswerRow row;
    row.conversation = "refused";
    row.question = "Which train?";
    row.outcome = "refused";
    row.documents = {bookId(*library)};
    library->addAnswer(row);
    const auto answers = s_engine->answers("refused");
    ASSERT_EQ(answers.size(), 1U);
    ASSERT_TRUE(answers[0].refusal);
    EXPECT_NE(answers[0].refusal->utf8.find("Not in this document"), std::string::npos);
}

TEST_F(HistoryTest, ConversationsComeNewestFirst) {
    const auto library = HistoryTest::library();
    for (const char* name : {"early", "late", "early"}) {
        engine::store::AnswerRow row;
        row.conversation = name;
        row.question = "Who?";
        row.documents = {bookId(*library)};
        library->addAnswer(row);
    }
    const auto names = s_engine->conversations();
    ASSERT_GE(names.size(), 2U);
    EXPECT_EQ(names[0], "early");
    EXPECT_EQ(names[1], "late");
    EXPECT_EQ(s_engine->answers("early").size(), 2U);
    EXPECT_TRUE(s_engine->answers("no such talk").empty());
    EXPECT_TRUE(s_engine->answers("").empty());
}

TEST_F(HistoryTest, ForgottenAnswersAreGoneAndSummariesStay) {
    const tests::TemporaryFolder folder;
    const auto engine = tests::openEngine(folder.file("library"));
    const auto library = engine::store::Library::open(folder.file("library"),
                                                      engine::store::Library::Access::ReadWrite);
    const auto document = tests::addDocument(*library, {tests::pageText(1, 300)});
    engine::store::AnswerRow answer;
    answer.conversation = "talk";
    answer.question = "Who?";
    answer.documents = {document.id};
    library->addAnswer(answer);
    engine::store::SummaryRow summary;
    summary.documentId = document.id;
    summary.title = "All of it";
    summary.end = 100;
    summary.length = "short";
    summary.style = "prose";
    library->addSummary(summary);
    Events events;
    engine->forgetAnswers(events.sink()).wait();
    EXPECT_TRUE(events.isWhole());
    EXPECT_TRUE(events.of<engine::Failed>().empty());
    EXPECT_TRUE(engine->conversations().empty());
    EXPECT_TRUE(engine->answers("talk").empty());
    EXPECT_EQ(engine->summaries({document.sha256}).size(), 1U);
}

TEST_F(HistoryTest, PurgeEmptiesTheTrashAndSaysWhenItCannot) {
    const tests::TemporaryFolder folder;
    auto engine = tests::openEngine(folder.file("library"));
    std::string id;
    {
        const auto library = engine::store::Library::open(
            folder.file("library"), engine::store::Library::Access::ReadWrite);
        id = tests::addDocument(*library, {tests::pageText(1, 300)}).sha256;
    }
    engine->remove({{id}});
    engine.reset();
    engine::Options options;
    options.libraryPath = folder.file("library");
    options.readOnly = true;
    engine = engine::Engine::open(options);
    Events refused;
    engine->purge(refused.sink()).wait();
    ASSERT_EQ(refused.of<engine::Failed>().size(), 1U);
    EXPECT_EQ(refused.of<engine::Failed>()[0].code, engine::Code::ReadOnly);
    EXPECT_EQ(engine->removedDocuments().size(), 1U);
    engine = tests::openEngine(folder.file("library"));
    Events events;
    engine->purge(events.sink()).wait();
    EXPECT_TRUE(events.isWhole());
    EXPECT_TRUE(events.of<engine::Failed>().empty());
    EXPECT_TRUE(engine->removedDocuments().empty());
}

TEST_F(HistoryTest, APurgeThatWasKilledIsFinishedAtTheNextOpening) {
    const tests::TemporaryFolder folder;
    tests::openEngine(folder.file("library"));
    const std::string mark = folder.write("library/library.traces", "1");
    const auto engine = tests::openEngine(folder.file("library"));
    Events events;
    engine->search({}, events.sink()).wait(); // requests run one after another
    EXPECT_EQ(std::filesystem::file_size(mark), 0U);
}

TEST_F(HistoryTest, AQuoteOfADeletedDocumentIsRefusedInWords) {
    const auto library = HistoryTest::library();
    engine::answer::Quote quote;
    quote.documentId = bookId(*library) + 1000;
    EXPECT_EQ(tests::codeOf([&] { engine::evidenceOf(*library, quote); }),
              engine::Code::NotInLibrary);
}

TEST_F(HistoryTest, AnAnswerAboutADocumentThatIsDeletedMeanwhileIsNotKept) {
    const tests::TemporaryFolder folder;
    const auto engine = tests::openEngine(folder.file("library"));
    const auto library = engine::store::Library::open(folder.file("library"),
                                                      engine::store::Library::Access::ReadWrite);
    const auto document = tests::addDocument(*library, {tests::pageText(1, 300)});
    engine::AskRequest request;
    request.documents = {{document.sha256}};
    request.question = "Where is w1?";
    request.conversation = "talk";
    Events events;
    const auto collect = events.sink();
    engine
        ->ask(request,
              [&](const engine::Event& event) {
                  collect(event);
                  if (std::holds_alternative<engine::Coverage>(event)) { // another program
                      library->remove({document.id});
                      library->purge();
                  }
              })
        .wait();
    EXPECT_TRUE(events.isWhole());
    const auto failures = events.of<engine::Failed>();
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_EQ(failures[0].code, engine::Code::NotInLibrary) << failures[0].message;
    EXPECT_TRUE(engine->answers("talk").empty());
}

TEST_F(HistoryTest, WhatIsInTheTrashIsNeitherAskedNorSearched) {
    const tests::TemporaryFolder folder;
    const auto engine = tests::openEngine(folder.file("library"));
    const auto library = engine::store::Library::open(folder.file("library"),
                                                      engine::store::Library::Access::ReadWrite);
    const auto kept = tests::addDocument(*library, {"The mill stands by the river.\n\n"});
    const auto removed = tests::addDocument(*library, {"The mill burnt down at night.\n\n"});
    engine->remove({{removed.sha256}});
    engine::AskRequest question;
    question.documents = {{removed.sha256}, {kept.sha256}};
    question.question = "Where is the mill?";
    question.channel = engine::AskRequest::Channel::Evidence;
    engine::SearchRequest search;
    search.documents = question.documents;
    search.query = "mill";
    for (const bool isSearch : {false, true}) {
        const auto run = [&] {
            Events events;
            (isSearch ? engine->search(search, events.sink())
                      : engine->ask(question, events.sink()))
                .wait();
            EXPECT_TRUE(events.isWhole());
            return events;
        };
        question.documents = search.documents = {{removed.sha256}, {kept.sha256}};
        const Events both = run();
        EXPECT_TRUE(both.of<engine::Failed>().empty());
        const auto notices = both.of<engine::Notice>();
        EXPECT_TRUE(std::any_of(notices.begin(), notices.end(), [&](const engine::Notice& notice) {
            return notice.utf8.find(removed.title) != std::string::npos &&
                   notice.utf8.find("is in the Trash") != std::string::npos;
        }));
        std::vector<engine::Evidence> found = both.of<engine::Evidence>();
        for (const engine::SearchHit& hit : both.of<engine::SearchHit>())
            found.push_back(hit.passage);
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found[0].document.sha256, kept.sha256);

        question.documents = search.documents = {{removed.sha256}};
        const Events none = run();
        ASSERT_EQ(none.of<engine::Failed>().size(), 1U);
        EXPECT_EQ(none.of<engine::Failed>()[0].code, engine::Code::NotInLibrary);
        EXPECT_NE(none.of<engine::Failed>()[0].message.find("is in the Trash"), std::string::npos);
    }
}

TEST_F(HistoryTest, AListCountsThePagesOfEachDocument) {
    const tests::TemporaryFolder folder;
    const auto engine = tests::openEngine(folder.file("library"));
    const auto library = engine::store::Library::open(folder.file("library"),
                                                      engine::store::Library::Access::ReadWrite);
    const auto add = [&](int pages) {
        std::vector<std::string> texts;
        for (int page = 1; page <= pages; ++page)
            texts.push_back(page == 1 ? "" : tests::pageText(pages * 100 + page, 20));
        return tests::addDocument(*library, texts).sha256;
    };
    const auto total = [&](const std::string& id) {
        for (const engine::DocumentInfo& info : engine->documents())
            if (info.id.sha256 == id)
                return info.coverage.total == info.coverage.text ? info.coverage.total : -1;
        return 0;
    };
    const std::string three = add(3), five = add(5);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(total(three), 3);
        EXPECT_EQ(total(five), 5);
    }
    // The next document may have the number of one that is gone.
    engine->remove({{five}});
    Events events;
    engine->purge(events.sink()).wait();
    EXPECT_EQ(total(five), 0);
    const std::string seven = add(7);
    EXPECT_EQ(total(seven), 7);
    EXPECT_EQ(total(three), 3);
    EXPECT_EQ(engine->documents()[0].coverage.read, 0);
}

TEST_F(HistoryTest, DocumentsAreMovedAllOrNone) {
    const tests::TemporaryFolder folder;
    const auto engine = tests::openEngine(folder.file("library"));
    const auto library = engine::store::Library::open(folder.file("library"),
                                                      engine::store::Library::Access::ReadWrite);
    const engine::DocumentId known{tests::addDocument(*library, {tests::pageText(1, 20)}).sha256};
    const engine::DocumentId unknown{std::string(64, '0')};
    EXPECT_EQ(tests::codeOf([&] { engine->remove({known, unknown}); }), engine::Code::NotInLibrary);
    EXPECT_TRUE(engine->removedDocuments().empty());
    engine->remove({known});
    EXPECT_EQ(tests::codeOf([&] {
                  engine->restore({known, unknown});
              }),
              engine::Code::NotInLibrary);
    EXPECT_EQ(engine->removedDocuments().size(), 1U);
}

TEST_F(HistoryTest, AReadingThatWasKilledIsAPausedOne) {
    const tests::TemporaryFolder folder;
    const auto library = engine::store::Library::open(folder.file("library"),
                                                      engine::store::Library::Access::ReadWrite);
    const auto document = tests::addDocument(*library, {tests::pageText(1, 300)});
    library->setState(document.id, "reading", "");
    {
        const auto other = library->lockForReading(0);
        const auto engine = tests::openEngine(folder.file("library"));
        EXPECT_EQ(engine->documents().at(0).state, engine::State::Reading);
    }
    const auto engine = tests::openEngine(folder.file("library"));
    EXPECT_EQ(engine->documents().at(0).state, engine::State::Paused);
}

TEST_F(HistoryTest, ASummaryComesBackWithItsSources) {
    const auto library = HistoryTest::library();
    engine::store::SummaryRow row;
    row.documentId = bookId(*library);
    row.title = "A chapter";
    row.begin = 100;
    row.end = 4000;
    row.length = "short";
    row.style = "points";
    row.coverage = "Read all.";
    row.evidence = {{1, row.documentId, 100, 120, 1, 1, library->text(row.documentId, 100, 120)}};
    row.gist = {{0, "It says so.", "evidence", {1}}};
    const std::int64_t id = library->addSummary(row);
    const auto summaries = s_engine->summaries(s_book.id);
    ASSERT_EQ(summaries.size(), 1U);
    EXPECT_EQ(summaries[0].id, id);
    EXPECT_EQ(summaries[0].document, s_book.id);
    EXPECT_EQ(summaries[0].title, "A chapter");
    EXPECT_EQ(summaries[0].range.end, 4000);
    EXPECT_GE(summaries[0].pages.last, summaries[0].pages.first);
    EXPECT_EQ(summaries[0].length, "short");
    EXPECT_EQ(summaries[0].style, "points");
    EXPECT_EQ(summaries[0].coverage, "Read all.");
    EXPECT_FALSE(summaries[0].madeAt.empty());
    ASSERT_EQ(summaries[0].evidence.size(), 1U);
    EXPECT_EQ(summaries[0].gist[0].utf8, "It says so.");
}

} // namespace
