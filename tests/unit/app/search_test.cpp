#include <climits>

#include "tests/unit/app/cli_run.h"

class Search : public CliTest {
protected:
    Search() { scenario.library = {support::fakeDocument('a', "Persuasion")}; }
};

TEST_F(Search, PassesItsOptionsOn) {
    run({"search", "\"the sea\" lyme", "--in", "Persuasion", "--as-of", "xii", "--exact", "--limit",
         "3"});
    const engine::SearchRequest& request = scenario.searchRequest;
    EXPECT_EQ(request.query, "\"the sea\" lyme");
    ASSERT_EQ(request.documents.size(), 1U);
    EXPECT_EQ(request.asOf->text, "xii");
    EXPECT_TRUE(request.exact);
    EXPECT_EQ(request.limit, 3);
}

TEST_F(Search, HasDefaults) {
    run({"search", "sea"});
    EXPECT_TRUE(scenario.searchRequest.documents.empty());
    EXPECT_EQ(scenario.searchRequest.limit, 20);
    EXPECT_FALSE(scenario.searchRequest.exact);
    run({"search", "sea", "--all"});
    EXPECT_EQ(scenario.searchRequest.limit, INT_MAX);
}

TEST_F(Search, PrintsHits) {
    scenario.script["search"] = {engine::SearchHit{fakeEvidence(1, "to the sea")}};
    const Result result = run({"search", "sea"});
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.out, "  [1] Persuasion, ch. 7, ¶ 31 (loc. 58)   \"to the sea\"\n");
    const auto all = records({"search", "sea"});
    ASSERT_EQ(types(all), std::vector<std::string>{"hit"});
    EXPECT_EQ(all[0]["quote"], "to the sea");
}

TEST_F(Search, NothingFoundIsOne) {
    const Result result = run({"search", "sea"});
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.out, "");
}

TEST_F(Search, Counts) {
    scenario.script["search"] = {engine::SearchHit{fakeEvidence(1, "a")},
                                 engine::SearchHit{fakeEvidence(2, "b")}};
    EXPECT_EQ(run({"search", "--count", "sea"}).out, "2\n");
    const auto all = records({"search", "--count", "sea"});
    ASSERT_EQ(types(all), std::vector<std::string>{"figure"});
    EXPECT_EQ(all[0]["value"], 2);
    EXPECT_EQ(scenario.searchRequest.limit, INT_MAX);
}
