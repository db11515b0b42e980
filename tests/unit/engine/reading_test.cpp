#include "engine/reading.h"

#include <functional>
#include <random>

#include "engine/store/database.h"
#include "tests/unit/engine/support.h"

namespace {

using engine::Next;
using engine::Reading;
using engine::ReadingOptions;
using engine::ReadingPosition;
namespace model = engine::model;
namespace store = engine::store;

const auto kNever = [] { return false; };
const auto kSilent = [](const std::string&) {};
const auto kGoOn = [](const ReadingPosition&) { return Next::GoOn; };
const auto kNoWait = [] {};

class ReadingTest : public testing::Test {
protected:
    ReadingTest() {
        model::setThreads(1);
        m_model = tests::tinyModelLoaded(m_folder);
        m_library =
            store::Library::open(m_folder.file("library"), store::Library::Access::ReadWrite);
        m_options.segmentTokens = 64;
        m_options.snapshotEvery = 3;
        m_options.threads = 1;
        m_options.dtype = "fp32";
    }

    static std::vector<std::string> pages(int count) {
        std::vector<std::string> result;
        for (int page = 0; page < count; ++page)
            result.push_back(tests::pageText(page, 20 + page % 5 * 9));
        return result;
    }

    std::unique_ptr<store::Library> freshLibrary(const std::string& name) {
        return store::Library::open(m_folder.file(name), store::Library::Access::ReadWrite);
    }

    /// Bytes that are equal exactly when the states are.
    std::string bytes(const model::ReadingState& state) const {
        model::SnapshotHeader header;
        header.mode = model::nameOf(m_options.mode);
        return model::saveSnapshot(*m_model, header, state);
    }

    /// What a bad disk may do to a snapshot.
    void overwrite(std::int64_t snapshotId, const std::string& data) const {
        store::Database::open(m_folder.file("library/library.db"), store::Database::Mode::Create)
            .prepare("UPDATE snapshots SET data = ?2 WHERE id = ?1")
            .bind(1, snapshotId)
            .bindBlob(2, data)
            .run();
    }

    /// Puts another in the place of the reading's last snapshot.
    void change(const Reading& reading,
                const std::function<void(model::LoadedSnapshot&)>& how) const {
        const auto victim = m_library->snapshots(reading.id()).back();
        model::SnapshotHeader any;
        any.mode = model::nameOf(m_options.mode);
        any.segmentTokens = m_options.segmentTokens;
        auto loaded = model::loadSnapshot(*m_model, any, m_library->snapshotData(victim.id));
        how(loaded);
        overwrite(victim.id, model::saveSnapshot(*m_model, loaded.header, loaded.state));
    }

    static void otherLastToken(model::LoadedSnapshot& snapshot) {
        ASSERT_FALSE(snapshot.state.pending.empty());
        snapshot.state.pending.back() ^= 1;
    }

    tests::TemporaryFolder m_folder;
    std::shared_ptr<const model::Model> m_model;
    std::unique_ptr<store::Library> m_library;
    ReadingOptions m_options;
};

TEST_F(ReadingTest, InterruptedReadingsEndWithTheBitsOfAnUninterruptedOne) {
    const auto text = pages(40);
    const auto straight = tests::addDocument(*m_library, text);
    Reading whole(*m_library, m_model, m_options, straight);
    ASSERT_TRUE(whole.run(kGoOn, kNoWait, kSilent));
    const std::string expected = bytes(whole.stateAsOf(straight.characters, kNever));

    std::mt19937 random(7);
    for (int round = 0; round < 5; ++round) {
        const auto library = freshLibrary("interrupted" + std::to_string(round));
        const auto row = tests::addDocument(*library, text);
        bool isComplete = false;
        int runs = 0;
        while (!isComplete) {
            ASSERT_LT(++runs, 200);
            Reading reading(*library, m_model, m_options, row);
            int left = 1 + static_cast<int>(random() % 4);
            isComplete = reading.run(
                [&](const ReadingPosition&) { return --left == 0 ? Next::Stop : Next::GoOn; },
                kNoWait, kSilent);
        }
        EXPECT_GT(runs, 2);
        Reading reading(*library, m_model, m_options, row);
        EXPECT_EQ(bytes(reading.stateAsOf(row.characters, kNever)), expected);
    }
}

TEST_F(ReadingTest, APauseTakesASnapshotAndChangesNothing) {
    const auto text = pages(20);
    const auto row = tests::addDocument(*m_library, text);
    Reading reading(*m_library, m_model, m_options, row);
    int segments = 0;
    int waits = 0;
    ASSERT_TRUE(reading.run(
        [&](const ReadingPosition&) { return ++segments == 2 ? Next::Pause : Next::GoOn; },
        [&] { ++waits; }, kSilent));
    EXPECT_EQ(waits, 1);
    int pauses = 0;
    for (const auto& snapshot : m_library->snapshots(reading.id()))
        pauses += snapshot.kind == "pause";
    EXPECT_EQ(pauses, 1);
    EXPECT_TRUE(reading.replay(kNever)->faults.empty());
}

TEST_F(ReadingTest, TheStateAsOfAPageIgnoresEverythingAfterIt) {
    auto text = pages(30);
    const auto row = tests::addDocument(*m_library, text);
    Reading reading(*m_library, m_model, m_options, row);
    ASSERT_TRUE(reading.run(kGoOn, kNoWait, kSilent));
    std::mt19937 random(3);
    for (int round = 0; round < 6; ++round) {
        const auto page = 1 + random() % 28;
        auto changed = text;
        for (std::size_t later = page; later < changed.size(); ++later)
            changed[later] = tests::pageText(static_cast<int>(later) + 500 + round, 31);
        const auto library = freshLibrary("asof" + std::to_string(round));
        const auto otherRow = tests::addDocument(*library, changed);
        Reading other(*library, m_model, m_options, otherRow);
        ASSERT_TRUE(other.run(kGoOn, kNoWait, kSilent));
        const std::int64_t bound = m_library->pages(row.id)[page - 1].end;
        EXPECT_EQ(bytes(reading.stateAsOf(bound, kNever)), bytes(other.stateAsOf(bound, kNever)))
            << "page " << page;
    }
}

TEST_F(ReadingTest, ABoundInsideAPageEqualsAReadingOfTheCutText) {
    const auto text = pages(12);
    const auto row = tests::addDocument(*m_library, text);
    Reading reading(*m_library, m_model, m_options, row);
    ASSERT_TRUE(reading.run(kGoOn, kNoWait, kSilent));
    const auto page = m_library->pages(row.id)[8];
    const std::int64_t bound = page.begin + 17;

    auto cut = std::vector<std::string>(text.begin(), text.begin() + 9);
    cut.back().resize(17);
    const auto library = freshLibrary("cut");
    const auto cutRow = tests::addDocument(*library, cut);
    Reading fresh(*library, m_model, m_options, cutRow);
    ASSERT_TRUE(fresh.run(kGoOn, kNoWait, kSilent));
    EXPECT_EQ(bytes(reading.stateAsOf(bound, kNever)), bytes(fresh.stateAsOf(bound, kNever)));
}

TEST_F(ReadingTest, ChapterSnapshotsHoldNothingOfTheNextChapter) {
    const auto row = tests::addDocument(*m_library, pages(30), {1, 11, 21});
    Reading reading(*m_library, m_model, m_options, row);
    ASSERT_TRUE(reading.run(kGoOn, kNoWait, kSilent));
    std::vector<std::int64_t> ends;
    for (const auto& snapshot : m_library->snapshots(reading.id()))
        if (snapshot.kind == "chapter")
            ends.push_back(snapshot.charEnd);
    const auto pageRows = m_library->pages(row.id);
    EXPECT_EQ(ends, (std::vector<std::int64_t>{pageRows[9].end, pageRows[19].end}));
}

TEST_F(ReadingTest, ADamagedSnapshotLeadsToAnOlderOneAndTheSameEnd) {
    const auto text = pages(20);
    const auto row = tests::addDocument(*m_library, text);
    Reading reading(*m_library, m_model, m_options, row);
    int left = 7;
    ASSERT_FALSE(
        reading.run([&](const ReadingPosition&) { return --left == 0 ? Next::Stop : Next::GoOn; },
                    kNoWait, kSilent));
    const auto newest = m_library->snapshots(reading.id()).back();
    std::string data = m_library->snapshotData(newest.id);
    data[data.size() / 2] = static_cast<char>(data[data.size() / 2] ^ 0x10);
    overwrite(newest.id, data);

    std::vector<std::string> notices;
    ASSERT_TRUE(reading.run(kGoOn, kNoWait,
                            [&](const std::string& sentence) { notices.push_back(sentence); }));
    EXPECT_EQ(notices.size(), 1u);

    const auto library = freshLibrary("fresh");
    const auto freshRow = tests::addDocument(*library, text);
    Reading fresh(*library, m_model, m_options, freshRow);
    ASSERT_TRUE(fresh.run(kGoOn, kNoWait, kSilent));
    EXPECT_EQ(bytes(reading.stateAsOf(row.characters, kNever)),
              bytes(fresh.stateAsOf(row.characters, kNever)));
}

TEST_F(ReadingTest, ReplayNamesASnapshotThatDiffers) {
    const auto row = tests::addDocument(*m_library, pages(12));
    Reading reading(*m_library, m_model, m_options, row);
    ASSERT_TRUE(reading.run(kGoOn, kNoWait, kSilent));
    EXPECT_TRUE(reading.replay(kNever)->faults.empty());
    EXPECT_TRUE(reading.replay(kNever)->remarks.empty());
    change(reading, otherLastToken);
    EXPECT_EQ(reading.replay(kNever)->faults.size(), 1u);
}

TEST_F(ReadingTest, ReplayNamesSnapshotsThatItNeverReaches) {
    const auto row = tests::addDocument(*m_library, pages(12));
    Reading reading(*m_library, m_model, m_options, row);
    ASSERT_TRUE(reading.run(kGoOn, kNoWait, kSilent));
    const std::size_t snapshots = m_library->snapshots(reading.id()).size();
    for (const char* change : {"+ 1000000", "- 2000000"}) {
        store::Database::open(m_folder.file("library/library.db"), store::Database::Mode::Create)
            .run(std::string("UPDATE snapshots SET token_end = token_end ") + change);
        EXPECT_EQ(reading.replay(kNever)->faults.size(), snapshots) << change;
    }
}

TEST_F(ReadingTest, ReplayDemandsTheSameBitsOnlyOfTheSameMachine) {
    const auto row = tests::addDocument(*m_library, pages(12));
    Reading reading(*m_library, m_model, m_options, row);
    ASSERT_TRUE(reading.run(kGoOn, kNoWait, kSilent));
    change(reading, [](model::LoadedSnapshot& snapshot) {
        at::Tensor& M = snapshot.state.memory.M.front();
        M = M.clone(); // which, unlike what was read, may change
        M += 0.001;
    });
    EXPECT_EQ(reading.replay(kNever)->faults.size(), 1u);

    change(reading, [](model::LoadedSnapshot& snapshot) { snapshot.header.device = "cuda:0"; });
    const auto elsewhere = reading.replay(kNever);
    EXPECT_TRUE(elsewhere->faults.empty());
    ASSERT_EQ(elsewhere->remarks.size(), 1u);
    EXPECT_NE(elsewhere->remarks[0].find("fp32 on cuda:0, 1 thread and"), std::string::npos);
    EXPECT_NE(elsewhere->remarks[0].find("compared across machines"), std::string::npos);
    // Said once, however many snapshots it holds for.
    ReadingOptions more = m_options;
    more.threads = 16;
    const auto all = Reading(*m_library, m_model, more, row).replay(kNever);
    EXPECT_TRUE(all->faults.empty());
    EXPECT_EQ(all->remarks.size(), 2u);

    change(reading, otherLastToken);
    EXPECT_EQ(reading.replay(kNever)->faults.size(), 1u);
}

TEST_F(ReadingTest, AReplayThatWasCancelledFindsNothing) {
    const auto row = tests::addDocument(*m_library, pages(12));
    Reading reading(*m_library, m_model, m_options, row);
    ASSERT_TRUE(reading.run(kGoOn, kNoWait, kSilent));
    int steps = 0;
    EXPECT_FALSE(reading.replay([&] { return ++steps == 3; }));
}

TEST_F(ReadingTest, ABookBeginsWithTheTokenThatTheFileAsksFor) {
    tests::GgufFile file = tests::tinyModel(1);
    file.set("tokenizer.ggml.add_bos_token", true);
    const auto asks =
        model::Model::load(m_folder.write("asks.gguf", file.bytes()), "", model::Dtype::Float32);
    const std::vector<std::string> text{"", "Two pages with text.\n\n", "Here it ends.\n\n"};
    const auto row = tests::addDocument(*m_library, text);
    Reading reading(*m_library, asks, m_options, row);
    ASSERT_TRUE(reading.run(kGoOn, kNoWait, kSilent));
    std::vector<std::int32_t> expected{tests::kTinyStart};
    for (const std::size_t page : {1, 2}) {
        const auto ids = asks->tokenizer->encodeIds(text[page]);
        expected.insert(expected.end(), ids.begin(), ids.end());
        const auto bound = m_library->pages(row.id)[page].end;
        EXPECT_EQ(reading.stateAsOf(bound, kNever).pending, expected) << "page " << page + 1;
    }
    EXPECT_TRUE(reading.stateAsOf(0, kNever).pending.empty());

    const auto longRow = tests::addDocument(*m_library, pages(12), {1, 5});
    Reading straight(*m_library, asks, m_options, longRow);
    ASSERT_TRUE(straight.run(kGoOn, kNoWait, kSilent));
    EXPECT_TRUE(straight.replay(kNever)->faults.empty());
    const auto library = freshLibrary("stopped");
    Reading stopped(*library, asks, m_options, tests::addDocument(*library, pages(12), {1, 5}));
    ASSERT_FALSE(stopped.run([](const ReadingPosition&) { return Next::Stop; }, kNoWait, kSilent));
    ASSERT_TRUE(stopped.run(kGoOn, kNoWait, kSilent));
    EXPECT_EQ(bytes(stopped.stateAsOf(longRow.characters, kNever)),
              bytes(straight.stateAsOf(longRow.characters, kNever)));
}

TEST_F(ReadingTest, AShortTextStaysPending) {
    const auto row = tests::addDocument(*m_library, {"Ten words are not a segment.\n\n"});
    Reading reading(*m_library, m_model, m_options, row);
    ASSERT_TRUE(reading.run(kGoOn, kNoWait, kSilent));
    const auto state = reading.stateAsOf(row.characters, kNever);
    EXPECT_EQ(state.memory.tokens, 0);
    EXPECT_EQ(static_cast<std::int64_t>(state.pending.size()), state.tokens);
    EXPECT_GT(state.tokens, 0);
}

} // namespace
