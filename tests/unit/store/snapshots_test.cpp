#include "tests/unit/store/fixture.h"

namespace engine::store {
namespace {

class SnapshotsTest : public LibraryTest {
protected:
    SnapshotsTest() : library(open()), documentId(addTexts(*library, "A", {"Text. "})) {
        row.documentId = documentId;
        row.modelSha256 = "model";
        row.modelName = "SmolLM2";
        row.adapterSha256 = "none";
        row.mode = "infini-linear";
        row.segmentTokens = 1024;
        row.tokenizerSha256 = "tokenizer";
        row.state = "reading";
    }
    std::int64_t add(std::int64_t reading, std::string_view kind, std::int64_t tokenEnd,
                     std::optional<std::int64_t> parent = {}) {
        SnapshotRow snapshot;
        snapshot.readingId = reading;
        snapshot.parentId = parent;
        snapshot.kind = kind;
        snapshot.tokenEnd = tokenEnd;
        return library->addSnapshot(snapshot, "data " + std::to_string(tokenEnd));
    }

    std::unique_ptr<Library> library;
    std::int64_t documentId;
    ReadingRow row;
};

TEST_F(SnapshotsTest, aReadingIsFoundByAllThatMakesIt) {
    const std::int64_t id = library->reading(row);
    EXPECT_EQ(library->reading(row), id);
    row.state = "paused"; // no part of what it is
    EXPECT_EQ(library->reading(row), id);
    EXPECT_EQ(library->readings(documentId).size(), 1U);
    std::vector<ReadingRow> others(5, row);
    others[0].modelSha256 = "other";
    others[1].adapterSha256 = "other";
    others[2].mode = "local";
    others[3].segmentTokens = 512;
    others[4].tokenizerSha256 = "other";
    for (const ReadingRow& other : others) {
        EXPECT_NE(library->reading(other), id);
    }
    library->setReadingState(id, "read");
    const auto readings = library->readings(documentId);
    ASSERT_EQ(readings.size(), 6U);
    EXPECT_EQ(readings[0].id, id);
    EXPECT_EQ(readings[0].documentId, documentId);
    EXPECT_EQ(readings[0].modelName, "SmolLM2");
    EXPECT_EQ(readings[0].adapterSha256, "none");
    EXPECT_EQ(readings[0].mode, "infini-linear");
    EXPECT_EQ(readings[0].segmentTokens, 1024);
    EXPECT_EQ(readings[0].state, "read");
    EXPECT_EQ(readings[1].state, "paused");
}

TEST_F(SnapshotsTest, aReadingThatIsThereIsFoundWithoutTheRightToWrite) {
    const std::int64_t id = library->reading(row);
    const auto readOnly = Library::open(folder, Library::Access::ReadOnly);
    EXPECT_EQ(readOnly->reading(row), id);
    row.mode = "local";
    EXPECT_EQ(codeOf([&] { readOnly->reading(row); }), Code::ReadOnly);
}

TEST_F(SnapshotsTest, aSnapshotKeepsItsProvenance) {
    SnapshotRow snapshot;
    snapshot.readingId = library->reading(row);
    snapshot.kind = "chapter";
    snapshot.charEnd = 5;
    snapshot.tokenEnd = 4;
    snapshot.segment = 3;
    snapshot.pageIndex = 2;
    snapshot.prefixSha256 = "prefix";
    snapshot.format = 7;
    snapshot.engineVersion = "0.1";
    snapshot.device = "cpu";
    snapshot.dtype = "bf16";
    snapshot.threads = 8;
    snapshot.createdAt = "2026-01-02T03:04:05Z";
    std::string data(1 << 20, '\0');
    data[7] = '\xff';
    const std::int64_t id = library->addSnapshot(snapshot, data);
    EXPECT_TRUE(library->snapshotData(id) == data);
    const SnapshotRow stored = library->snapshots(snapshot.readingId).at(0);
    EXPECT_EQ(stored.id, id);
    EXPECT_EQ(stored.readingId, snapshot.readingId);
    EXPECT_FALSE(stored.parentId);
    EXPECT_EQ(stored.kind, "chapter");
    EXPECT_EQ(stored.charEnd, 5);
    EXPECT_EQ(stored.tokenEnd, 4);
    EXPECT_EQ(stored.segment, 3);
    EXPECT_EQ(stored.pageIndex, 2);
    EXPECT_EQ(stored.prefixSha256, "prefix");
    EXPECT_EQ(stored.format, 7);
    EXPECT_EQ(stored.engineVersion, "0.1");
    EXPECT_EQ(stored.device, "cpu");
    EXPECT_EQ(stored.dtype, "bf16");
    EXPECT_EQ(stored.threads, 8);
    EXPECT_EQ(stored.createdAt, "2026-01-02T03:04:05Z");
    EXPECT_EQ(stored.bytes, 1 << 20);
}

TEST_F(SnapshotsTest, aHeadReplacesTheHeadAndNothingElse) {
    const std::int64_t reading = library->reading(row);
    row.mode = "local";
    const std::int64_t other = library->reading(row);
    add(other, "head", 1);
    const std::int64_t head = add(reading, "head", 10);
    const std::int64_t chapter = add(reading, "chapter", 20, head);
    EXPECT_EQ(library->snapshots(reading)[1].parentId, head);
    const std::int64_t next = add(reading, "head", 15, head); // its parent is the one it replaces
    const auto snapshots = library->snapshots(reading);
    ASSERT_EQ(snapshots.size(), 2U);
    EXPECT_EQ(snapshots[0].id, next);
    EXPECT_FALSE(snapshots[0].parentId);
    EXPECT_EQ(snapshots[1].id, chapter);
    EXPECT_FALSE(snapshots[1].parentId);
    EXPECT_EQ(library->snapshots(other).size(), 1U);
    EXPECT_EQ(codeOf([&] { static_cast<void>(library->snapshotData(head)); }), Code::BadSnapshot);
    library->dropSnapshots(reading);
    EXPECT_TRUE(library->snapshots(reading).empty());
    EXPECT_EQ(library->snapshots(other).size(), 1U);
}

TEST_F(SnapshotsTest, aSnapshotOfNoReadingIsABug) {
    EXPECT_EQ(codeOf([&] { add(99, "pause", 1); }), Code::Internal);
    EXPECT_TRUE(library->verify({}).empty());
}

} // namespace
} // namespace engine::store
