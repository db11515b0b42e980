#include "app/cli/text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

using namespace app::cli;

TEST(Text, ShowsControlCharactersAsEscapes) {
    EXPECT_EQ(escaped("a\x1b[31mb\x07", Lines::Join), "a\\x1b[31mb\\x07");
    EXPECT_EQ(escaped("del\x7f", Lines::Join), "del\\x7f");
    EXPECT_EQ(escaped("\xc2\x9b", Lines::Join), "\\x9b");
    EXPECT_EQ(escaped("right\xe2\x80\xaeto left", Lines::Join), "right\\u202eto left");
    EXPECT_EQ(escaped(std::string("a\0b", 3), Lines::Join), "a\\x00b");
    EXPECT_EQ(escaped("a\r\n", Lines::Keep), "a\\x0d\n");
    EXPECT_EQ(escaped("a\tb\nc", Lines::Join), "a b c");
    EXPECT_EQ(escaped("a\tb\nc", Lines::Keep), "a\tb\nc");
    EXPECT_EQ(escaped("Brontë, ¶ 12 – “…” 𝄞", Lines::Join), "Brontë, ¶ 12 – “…” 𝄞");
}

TEST(Text, ShowsBytesThatAreNotUtf8AsEscapes) {
    EXPECT_EQ(escaped("caf\xe9", Lines::Join), "caf\\xe9");
    EXPECT_EQ(escaped("\xc0\xaf", Lines::Join), "\\xc0\\xaf");
    EXPECT_EQ(escaped("\xed\xa0\x80", Lines::Join), "\\xed\\xa0\\x80");
    EXPECT_EQ(escaped("\xf5\x80\x80\x80", Lines::Join), "\\xf5\\x80\\x80\\x80");
    EXPECT_EQ(escaped("\xe2\x82", Lines::Join), "\\xe2\\x82");
    EXPECT_FALSE(isUtf8("caf\xe9"));
    EXPECT_FALSE(isUtf8("\xe0\x80\x80"));
    EXPECT_TRUE(isUtf8("café 𝄞"));
}

TEST(Text, EscapesAnyBytesToPrintableUtf8) {
    EXPECT_TRUE(rc::check([](const std::string& bytes) {
        const std::string shown = escaped(bytes, Lines::Join);
        RC_ASSERT(isUtf8(shown));
        for (const char c : shown)
            RC_ASSERT(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    }));
}

TEST(Text, ShortensByCodePoints) {
    EXPECT_EQ(shortened("ÄÖÜ", 3), "ÄÖÜ");
    EXPECT_EQ(shortened("ÄÖÜß", 3), "ÄÖ…");
    EXPECT_EQ(shortened("", 3), "");
}

TEST(Text, BreaksBetweenWords) {
    EXPECT_EQ(wrapped("They met at her sister's.", 2, 0), "  They met at her sister's.");
    EXPECT_EQ(wrapped("They met at her sister's.", 2, 13), "  They met at\n  her\n  sister's.");
    EXPECT_EQ(wrapped("äöü äöü", 1, 8), " äöü äöü");
    EXPECT_EQ(wrapped("äöü äöü", 1, 7), " äöü\n äöü");
    EXPECT_EQ(wrapped("", 2, 10), "  ");
}

TEST(Text, QuotesForAShell) {
    EXPECT_EQ(shellQuoted("books/emma.epub"), "books/emma.epub");
    EXPECT_EQ(shellQuoted("my book.pdf"), "'my book.pdf'");
    EXPECT_EQ(shellQuoted("it's"), "'it'\\''s'");
    EXPECT_EQ(shellQuoted(""), "''");
}

TEST(Text, WritesNumbersForPeople) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1240), "1,240");
    EXPECT_EQ(grouped(-1234567), "-1,234,567");
    EXPECT_EQ(byteSize(999), "999 B");
    EXPECT_EQ(byteSize(998'400), "998.4 kB");
    EXPECT_EQ(byteSize(999'950), "1.0 MB");
    EXPECT_EQ(byteSize(1'500'000), "1.5 MB");
    EXPECT_EQ(clockTime(52), "0:52");
    EXPECT_EQ(clockTime(3723), "1:02:03");
    EXPECT_EQ(clockTime(-1), "0:00");
    EXPECT_EQ(counted(1, "page", "pages"), "1 page");
    EXPECT_EQ(counted(2400, "page", "pages"), "2,400 pages");
}
