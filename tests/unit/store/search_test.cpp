#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <random>
#include <set>

#include <rapidcheck.h>

#include "engine/store/database.h"
#include "tests/unit/store/fixture.h"

namespace engine::store {
namespace {

class SearchTest : public LibraryTest {
protected:
    SearchTest() { library = open(); }

    [[nodiscard]] std::vector<std::string> texts(const std::vector<Candidate>& hits) const {
        std::vector<std::string> found;
        for (const Candidate& hit : hits) {
            found.push_back(library->passage(hit.passageId)->text);
        }
        return found;
    }
    [[nodiscard]] std::vector<std::string> searched(std::string_view query,
                                                    bool exact = false) const {
        return texts(library->search(query, everything(), 100, exact));
    }
    [[nodiscard]] std::vector<Scope> everything() const {
        std::vector<Scope> scopes;
        for (const DocumentRow& row : library->documents()) {
            scopes.push_back({row.id, {}});
        }
        return scopes;
    }

    std::unique_ptr<Library> library;
};

using Texts = std::vector<std::string>;

TEST_F(SearchTest, whatIsPurgedDuringAnExactSearchIsNotFound) {
    const std::int64_t id = addTexts(*library, "A", {"The sea is calm. "});
    const Database other = Database::open(file(), Database::Mode::Create);
    int looks = 0;
    const Statements statements([&](std::string_view sql) {
        if (sql.find("FROM passages WHERE id = ") != std::string_view::npos) {
            ++looks;
            other.run("DELETE FROM passages");
        }
    });
    EXPECT_TRUE(open()->search("sea", {{id, {}}}, 9, true).empty());
    EXPECT_EQ(looks, 1);
}

TEST_F(SearchTest, scoresAreBm25OverTheScope) {
    // "sea" occurs in a document out of scope too, which must not count.
    const Texts inside = {"sea ship sea wind. ", "ship rope. ", "calm. ",
                          "wind sea ship oar net tar. "};
    const std::int64_t id = addTexts(*library, "in", inside);
    addTexts(*library, "out", {"sea. ", "sea sea. ", "ship. "});
    const std::vector<double> lengths = {4, 2, 1, 6};
    const double average = 13.0 / 4;
    const auto score = [&](double length, double tf, double df) {
        return std::log(1 + (4 - df + 0.5) / (df + 0.5)) * tf * 2.2 /
               (tf + 1.2 * (1 - 0.75 + 0.75 * length / average));
    };
    const auto hits = library->search("seas ship", {{id, {}}}, 10, false);
    ASSERT_EQ(texts(hits), (Texts{inside[0], inside[3]}));
    EXPECT_NEAR(hits[0].bm25, score(4, 2, 2) + score(4, 1, 3), 1e-12);
    EXPECT_NEAR(hits[1].bm25, score(6, 1, 2) + score(6, 1, 3), 1e-12);
    EXPECT_EQ(hits[0].documentId, id);
}

TEST_F(SearchTest, candidatesCountTheirNeighboursWords) {
    const Texts inside = {"sea ship sea wind. ",    "ship rope. ", "calm. ", "tar. ",
                          "old sea rope old net. ", "far. "};
    const std::int64_t id = addTexts(*library, "in", inside);
    addTexts(*library, "out", {"sea. ", "sea sea. ", "ship. "});
    const std::vector<double> lengths = {4, 2, 1, 1, 5, 1};
    const std::vector<double> seas = {2, 0, 0, 0, 1, 0};
    const std::vector<double> oldSeas = {0, 0, 0, 0, 1, 0}; // "old sea", a pair
    const auto pooled = [](const std::vector<double>& values, std::size_t at, bool isMean) {
        const std::vector<double> shares = {1, 0.25, 0.15, 0.08};
        double sum = 0, all = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::size_t distance = i > at ? i - at : at - i;
            const double share = distance < shares.size() ? shares[distance] : 0;
            sum += share * values[i];
            all += share;
        }
        return isMean ? sum / all : sum;
    };
    const auto score = [&](const std::vector<double>& counts, double df, std::size_t at) {
        const double tf = pooled(counts, at, false);
        const double length = pooled(lengths, at, true) / (14.0 / 6);
        return std::log(1 + (6 - df + 0.5) / (df + 0.5)) * tf * 1.8 /
               (tf + 0.8 * (1 - 0.6 + 0.6 * length));
    };
    const auto hits = library->candidates({"seas"}, {"old sea"}, {{id, {}}}, 10);
    ASSERT_EQ(hits.size(), 6U) << "each is within three passages of a sea";
    for (const Candidate& hit : hits) {
        const auto at = static_cast<std::size_t>(library->passage(hit.passageId)->ordinal);
        EXPECT_NEAR(hit.bm25, score(seas, 2, at) + 0.3 * score(oldSeas, 1, at), 1e-12) << at;
    }
    EXPECT_TRUE(std::ranges::is_sorted(hits, std::greater<>(), &Candidate::bm25));
    EXPECT_EQ(library->candidates({"far"}, {}, {{id, {}}}, 10).size(), 4U)
        << "no more than three away, and never in another document";
    EXPECT_EQ(library->candidates({"sea"}, {}, {{id, {}}}, 1).size(), 1U);
    EXPECT_TRUE(library->candidates({"sea"}, {}, {{id, {}}}, 0).empty());
    EXPECT_TRUE(library->candidates({"sea"}, {}, {}, 10).empty());
    EXPECT_TRUE(library->candidates({"sea"}, {}, {{id + 7, {}}}, 10).empty());
    EXPECT_TRUE(library->candidates({}, {"old sea"}, {{id, {}}}, 10).empty());
}

TEST_F(SearchTest, aWordCountsOnceHoweverItIsWritten) {
    const std::int64_t id = addTexts(*library, "A", {"Anne walked. ", "Crêpes for all. "});
    const auto once = library->candidates({"walk"}, {}, {{id, {}}}, 10);
    const auto often = library->candidates({"Walking", "walked", "WALK"}, {}, {{id, {}}}, 10);
    ASSERT_EQ(often.size(), once.size());
    EXPECT_EQ(often[0].bm25, once[0].bm25);
    const auto first = [&](const std::string& word) {
        return texts(library->candidates({word}, {}, {{id, {}}}, 1));
    };
    EXPECT_EQ(first("crepe"), Texts{"Crêpes for all. "});
    EXPECT_EQ(first("Anne’s"), Texts{"Anne walked. "});
    EXPECT_EQ(first("“Anne-Marie”"), Texts{"Anne walked. "});
}

TEST_F(SearchTest, equalScoresAreInTheOrderOfTheText) {
    const std::int64_t second = addTexts(*library, "B", {"a sea. ", "x. ", "a sea. "});
    const std::int64_t first = addTexts(*library, "A", {"a sea. ", "a sea. "});
    const auto hits = library->search("sea", {{first, {}}, {second, {}}}, 10, false);
    ASSERT_EQ(hits.size(), 4U);
    EXPECT_TRUE(std::is_sorted(hits.begin(), hits.end(), [](const auto& left, const auto& right) {
        return left.passageId < right.passageId;
    }));
}

TEST_F(SearchTest, contentsPagesRankBelowBodyText) {
    DocumentContent content =
        contentOf({"Whale. Whale. Whale. ", "Of the whale and of many other matters. ", "No. "});
    content.passages[0].isContents = true;
    const std::int64_t id = library->addDocument(rowOf("Contents", content), content);
    for (const auto& hits : {library->candidates({"whale"}, {}, {{id, {}}}, 10),
                             library->search("whale", {{id, {}}}, 10, true)}) {
        ASSERT_GE(hits.size(), 2U);
        EXPECT_EQ(library->passage(hits[0].passageId)->ordinal, 1);
        EXPECT_TRUE(library->passage(hits.back().passageId)->isContents);
        EXPECT_GT(hits.back().bm25, hits[0].bm25);
    }
}

TEST_F(SearchTest, aBoundHidesPassagesThatCouldHaveLookedBehindIt) {
    const std::string text = std::string(99, 'x') + " ";
    const std::int64_t id = addTexts(*library, "A", {"sea " + text, "sea " + text});
    const auto found = [&](std::int64_t bound) {
        return library->candidates({"sea"}, {}, {{id, bound}}, 10).size();
    };
    EXPECT_EQ(found(0), 0U);
    EXPECT_EQ(found(104 + 63), 0U);
    EXPECT_EQ(found(104 + 64), 1U);
    EXPECT_EQ(found(208 + 63), 1U);
    EXPECT_EQ(found(208 + 64), 2U);
    // The lowest of several bounds for one document holds.
    EXPECT_EQ(library->candidates({"sea"}, {}, {{id, {}}, {id, 170}, {id, 300}}, 10).size(), 1U);
}

TEST_F(SearchTest, manyScopesGiveWhatFewDo) {
    std::vector<Scope> scopes;
    std::map<std::int64_t, std::size_t> alone;
    for (int i = 0; i < 60; ++i) {
        Texts passages;
        for (int j = 0; j < 5; ++j) {
            passages.push_back((i * j % 3 == 0 ? "sea number " : "ship number ") +
                               std::to_string(i) + " " +
                               std::string(static_cast<std::size_t>(j) * 40, 'y') + ". ");
        }
        const std::int64_t id = addTexts(*library, "doc " + std::to_string(i), passages);
        if (i % 2 == 0) { // gaps between the scopes
            scopes.push_back({id, i % 4 == 0 ? std::optional<std::int64_t>(150) : std::nullopt});
            alone[id] = library->candidates({"sea"}, {}, {scopes.back()}, 100).size();
        }
    }
    std::map<std::int64_t, std::size_t> together;
    for (const auto& [id, count] : alone) {
        together[id] = 0;
    }
    for (const Candidate& hit : library->candidates({"sea"}, {}, scopes, 1000)) {
        ++together.at(hit.documentId);
    }
    EXPECT_EQ(together, alone);
}

TEST_F(SearchTest, queriesNeedAllWordsAndKnowPhrases) {
    addTexts(*library, "A",
             {"The old sea captain slept. ", "The captain of the sea. ", "A sea. ", "Captains! "});
    EXPECT_EQ(searched("sea captain").size(), 2U);
    EXPECT_EQ(searched("\"sea captain\""), (Texts{"The old sea captain slept. "}));
    EXPECT_EQ(searched("\"sea captain\" slept").size(), 1U);
    EXPECT_EQ(searched("\"sea captain").size(), 1U); // not closed
    EXPECT_EQ(searched("\"captain sea\"").size(), 0U);
    EXPECT_EQ(searched("sea-captain").size(), 1U);
    EXPECT_EQ(searched("captain").size(), 3U);
    EXPECT_EQ(searched("").size(), 0U);
}

TEST_F(SearchTest, nothingInAQueryIsSyntax) {
    addTexts(*library, "A", {"sea OR near column text NOT captain 5. ", "other. "});
    for (const char* query : {"sea OR nothing",
                              "sea AND",
                              "NOT",
                              "text : sea",
                              "text:sea",
                              "{text}:sea",
                              "sea*",
                              "^sea",
                              "sea NEAR captain",
                              "NEAR(sea captain, 5)",
                              "-sea",
                              "(sea",
                              "sea)",
                              "sea + captain",
                              "\"",
                              "\"\"\"",
                              "'sea'",
                              "sea;--",
                              "\\sea",
                              "%sea%",
                              "* ^ : ( ) + - { } \" '",
                              "!!! ... ???"}) {
        EXPECT_NO_THROW(static_cast<void>(searched(query))) << query;
        EXPECT_NO_THROW(static_cast<void>(library->candidates({query}, {}, everything(), 9)))
            << query;
    }
    EXPECT_EQ(searched("sea OR nothing").size(), 0U); // OR is a word like any other
    EXPECT_EQ(searched("sea OR captain").size(), 1U);
    EXPECT_EQ(searched("sea ...").size(), 1U);
    EXPECT_EQ(searched("... !").size(), 0U);
    EXPECT_EQ(searched(std::string_view("sea\0captain", 11)).size(), 0U);
    EXPECT_NO_THROW(static_cast<void>(searched("\xff\xfe sea \xc3")));
    EXPECT_EQ(searched("5").size(), 1U);
}

TEST_F(SearchTest, exactMeansAsWrittenButForCase) {
    addTexts(*library, "A",
             {"He walks. ", "He walked. ", "WALKED out. ", "Über den Zoo. ", "Uber alles. "});
    EXPECT_EQ(searched("walked").size(), 3U);
    EXPECT_EQ(searched("walked", true).size(), 2U);
    EXPECT_EQ(searched("Walks", true), (Texts{"He walks. "}));
    EXPECT_EQ(searched("\"he walked\"", true), (Texts{"He walked. "}));
    EXPECT_EQ(searched("über").size(), 2U);
    EXPECT_EQ(searched("ÜBER", true), (Texts{"Über den Zoo. "}));
    // The best ones by stem are not exact; the limit counts exact ones.
    Texts many(40, "run run run run. ");
    many.push_back("They were running in the long and wide field of grass. ");
    const std::int64_t id = addTexts(*library, "B", many);
    EXPECT_EQ(library->search("running", {{id, {}}}, 1, true).size(), 1U);
    EXPECT_EQ(library->search("running", {{id, {}}}, 1, false).size(), 1U);
}

TEST_F(SearchTest, takesOnlyTheBestOfADocument) {
    const std::int64_t first =
        addTexts(*library, "A", {"sea sea sea. ", "sea sea. ", "the blue sea. ", "Seas. "});
    addTexts(*library, "B", {"a sea of trouble, as people say. "});
    const auto hits = library->search("sea", everything(), 3, false, 2);
    ASSERT_EQ(hits.size(), 3U);
    EXPECT_EQ(hits[0].documentId, first);
    EXPECT_EQ(hits[1].documentId, first);
    EXPECT_NE(hits[2].documentId, first);
    // What is not as written takes nobody's place.
    EXPECT_EQ(library->search("seas", {{first, {}}}, 9, true, 1).size(), 1U);
    EXPECT_EQ(library->search("sea", everything(), 9, false).size(), 5U);
}

TEST_F(SearchTest, knowsWhereTheWordsStand) {
    const auto found = [&](std::string_view query, std::string_view text, bool exact = false) {
        const std::vector<Span> spans = library->places(query, text, exact);
        Texts words(spans.size());
        std::int64_t place = -1;
        for (const char byte : text) {
            place += (static_cast<unsigned char>(byte) & 0xC0) != 0x80 ? 1 : 0;
            for (std::size_t i = 0; i < spans.size(); ++i) {
                if (place >= spans[i].begin && place < spans[i].end) {
                    words[i] += byte;
                }
            }
        }
        return words;
    };
    const std::string_view text = "Ödön walked, “Walking” he walks the sea — the Sea, not a walk.";
    EXPECT_EQ(found("walk", text), (Texts{"walked", "Walking", "walks", "walk"}));
    EXPECT_EQ(found("walk", text, true), (Texts{"walk"}));
    EXPECT_EQ(found("odon SEA", text), (Texts{"Ödön", "sea", "Sea"}));
    EXPECT_EQ(found("odon", text, true), Texts());
    EXPECT_EQ(found("\"the sea\"", text), (Texts{"the sea", "the Sea"}));
    EXPECT_EQ(found("\"the sea\" \"sea the\"", text), (Texts{"the sea — the Sea"}));
    EXPECT_EQ(found("\"he walks\" walks sea", text),
              (Texts{"walked", "Walking", "he walks", "sea", "Sea", "walk"}));
    EXPECT_EQ(found("...", text), Texts());
    EXPECT_EQ(found("sea", ""), Texts());
}

/// A random text of short passages from a small vocabulary, so that words repeat.
Texts randomPassages(int atLeast) {
    static const Texts vocabulary = {"sea",   "ship",  "walk",  "walked",  "walking", "captain",
                                     "Anne",  "Zoë",   "a",     "of",      "wind",    "running",
                                     "runs.", "tree!", "the “", "rope-end"};
    const auto sizes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(5, 40));
    Texts passages;
    const auto add = [&](int words) {
        std::string text;
        for (int i = 0; i < words; ++i) {
            text += *rc::gen::elementOf(vocabulary) + " ";
        }
        passages.push_back(text);
    };
    for (const int words : sizes) {
        add(words);
    }
    while (static_cast<int>(passages.size()) < atLeast) {
        add(7);
    }
    return passages;
}

bool equalBytes(const std::vector<Candidate>& left, const std::vector<Candidate>& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const Candidate& a, const Candidate& b) {
                          return a.passageId == b.passageId && a.documentId == b.documentId &&
                                 std::memcmp(&a.bm25, &b.bm25, sizeof a.bm25) == 0;
                      });
}

TEST_F(SearchTest, nothingBehindABoundHasAnyInfluence) {
    // Two libraries with the same books, but for what lies behind the bound in the first book.
    const auto altered = Library::open(base + "/altered", Library::Access::ReadWrite);
    int round = 0;
    const bool holds = rc::check([&] {
        Texts whole = randomPassages(3);
        const auto kept = *rc::gen::inRange<std::size_t>(0, whole.size());
        const Texts neighbour = randomPassages(2);
        Texts changed(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(kept));
        std::int64_t bound = 64; // then the kept passages are visible, and none that ends later
        for (const std::string& text : changed) {
            bound += countCodePoints(text);
        }
        const Texts tail = randomPassages(0);
        changed.insert(changed.end(), tail.begin(), tail.end());
        if (changed.empty()) {
            changed.push_back("sea ");
        }
        std::vector<std::vector<Candidate>> results;
        ++round;
        for (Library* other : {library.get(), altered.get()}) {
            const Texts& texts = other == altered.get() ? changed : whole;
            const std::int64_t first = addTexts(*other, "first " + std::to_string(round), texts);
            const std::int64_t second =
                addTexts(*other, "second " + std::to_string(round), neighbour);
            const std::vector<std::string> words = {"walks", "sea", "Anne", "run"};
            const std::vector<std::string> pairs = {"Anne walks", "the sea"};
            results.push_back(other->candidates(words, pairs, {{first, bound}}, 100));
            results.push_back(other->candidates(words, pairs, {{first, bound}, {second, {}}}, 5));
            results.push_back(
                other->search("sea walk", {{second, {}}, {first, bound}}, 100, false));
            results.push_back(other->search("walked", {{first, bound}}, 2, true));
        }
        // well.
        for (std::size_t i = 0; i < 4; ++i) {
            RC_ASSERT(equalBytes(results[i], results[i + 4]));
        }
    });
    EXPECT_TRUE(holds);
}

// A measurement, not a test: --gtest_also_run_disabled_tests --gtest_filter='*aThousandDocuments'
TEST_F(SearchTest, DISABLED_aThousandDocuments) {
    constexpr int kDocuments = 1000;
    constexpr int kPassages = 500;
    constexpr int kVocabulary = 30000;
    std::vector<double> weights;
    for (int rank = 1; rank <= kVocabulary; ++rank) {
        weights.push_back(1.0 / rank);
    }
    std::mt19937 random(1);
    std::discrete_distribution<int> zipf(weights.begin(), weights.end());
    const auto word = [](int rank) {
        std::string text;
        for (int rest = rank + 20; rest > 0; rest /= 20) {
            text += "bcdfghjklmnpqrstvwxz"[rest % 20];
            text += "aeiou"[rest % 5];
        }
        return text;
    };
    // Processor time: the machine may be busy with other things.
    const auto milliseconds = [](auto action) {
        const std::clock_t start = std::clock();
        action();
        return 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    };
    const double build = milliseconds([&] {
        for (int i = 0; i < kDocuments; ++i) {
            Texts passages;
            for (int j = 0; j < kPassages; ++j) {
                std::string text;
                while (text.size() < 1000) {
                    text += word(zipf(random)) + ' ';
                }
                passages.push_back(text);
            }
            addTexts(*library, std::to_string(i), passages);
        }
    });
    std::printf("build %.0f s, file %.0f MB\n", build / 1000,
                static_cast<double>(std::filesystem::file_size(file())) / 1e6);
    library = open();
    const std::vector<Scope> all = everything();
    std::size_t hits = 0;
    for (const std::vector<int>& ranks : {std::vector<int>{200, 500, 1500, 5000},
                                          {100, 300, 700, 1000, 3000, 9000},
                                          {20, 50, 100}}) {
        std::vector<std::string> words;
        for (const int rank : ranks) {
            words.push_back(word(rank));
        }
        for (int repeat = 0; repeat < 3; ++repeat) {
            const double everywhere =
                milliseconds([&] { hits += library->candidates(words, {}, all, 10).size(); });
            const double oneDocument = milliseconds(
                [&] { hits += library->candidates(words, {}, {all[500]}, 10).size(); });
            const double allWords = milliseconds([&] {
                hits += library->search(words[0] + " " + words[1], all, 20, repeat == 2).size();
            });
            std::printf(
                "%zu words from rank %d: all %.1f ms, one document %.2f ms, search %.1f ms\n",
                words.size(), ranks[0], everywhere, oneDocument, allWords);
        }
    }
    const double purge = milliseconds([&] {
        library->remove({all[3].documentId});
        library->purge();
    });
    std::printf("purge %.1f s, file %.0f MB\n", purge / 1000,
                static_cast<double>(std::filesystem::file_size(file())) / 1e6);
}

} // namespace
} // namespace engine::store
