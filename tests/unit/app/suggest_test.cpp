#include "app/cli/suggest.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

using namespace app::cli;

TEST(Suggest, CountsEdits) {
    EXPECT_EQ(editDistance("read", "read"), 0);
    EXPECT_EQ(editDistance("raed", "read"), 1);
    EXPECT_EQ(editDistance("", "read"), 4);
    EXPECT_EQ(editDistance("kitten", "sitting"), 3);
}

TEST(Suggest, DistanceIsSymmetric) {
    EXPECT_TRUE(rc::check([](const std::string& a, const std::string& b) {
        RC_ASSERT(editDistance(a, b) == editDistance(b, a));
        RC_ASSERT((editDistance(a, b) == 0) == (a == b));
    }));
}

TEST(Suggest, NamesTheNearestOrNone) {
    const std::vector<std::string> known = {"--library", "--limit", "--as-of", "-q"};
    EXPECT_EQ(nearest("--libary", known), "--library");
    EXPECT_EQ(nearest("--limti", known), "--limit");
    EXPECT_EQ(nearest("--asof", known), "--as-of");
    EXPECT_EQ(nearest("--frobnicate", known), "");
    EXPECT_EQ(nearest("-z", known), "");
    EXPECT_EQ(nearest(std::string(100'000, 'x'), known), "");
    EXPECT_EQ(nearest("x", {}), "");
}
