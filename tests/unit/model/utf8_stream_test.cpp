#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "engine/model/tokenizer.h"

namespace engine::model {
namespace {

std::string whole(const std::string& bytes) {
    Utf8Stream stream;
    const std::string complete = stream.push(bytes);
    return complete + stream.finish();
}

TEST(Utf8Stream, HoldsBackWhatIsNotComplete) {
    Utf8Stream stream;
    EXPECT_EQ(stream.push("a\xe2"), "a");
    EXPECT_EQ(stream.push("\x82"), "");
    EXPECT_EQ(stream.push("\xac"
                          "b"),
              "\xe2\x82\xac"
              "b");
    EXPECT_EQ(stream.push(""), "");
    EXPECT_EQ(stream.push("\xf0\x9f\x98"), "");
    EXPECT_EQ(stream.finish(), "\xef\xbf\xbd");
    EXPECT_EQ(stream.finish(), "");
}

/// Unicode 15, section 3.9: one U+FFFD for each maximal subpart.
TEST(Utf8Stream, ReplacesMaximalSubparts) {
    const std::string r = "\xef\xbf\xbd";
    EXPECT_EQ(whole("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64"),
              "a" + r + r + r + "b" + r + "c" + r + r + "d");
    EXPECT_EQ(whole("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"), r + r + r + r + r + r + r + r + "A");
    EXPECT_EQ(whole("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"), r + r + r + r + r + r + r + r + "A");
    EXPECT_EQ(whole("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"), r + r + r + r + r + "A" + r + r + "B");
    EXPECT_EQ(whole("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80"),
              "\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80");
}

TEST(Utf8Stream, AnyCutsGiveTheSame) {
    EXPECT_TRUE(
        rc::check("bytes one by one or in parts", [](const std::vector<std::string>& parts) {
            std::string all;
            Utf8Stream stream;
            std::string streamed;
            for (const std::string& part : parts) {
                all += part;
                streamed += stream.push(part);
            }
            streamed += stream.finish();
            RC_ASSERT(streamed == whole(all));
        }));
}

} // namespace
} // namespace engine::model
