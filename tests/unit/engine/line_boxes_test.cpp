#include "engine/line_boxes.h"

#include <gtest/gtest.h>

namespace {

using engine::LineBox;
using engine::lineBoxes;
using engine::WordBox;

WordBox word(float x0, float y0, float x1, float y1) {
    return {{0, 1}, x0, y0, x1, y1};
}

TEST(LineBoxes, WordsOfALineShareABox) {
    const auto lines = lineBoxes(
        3, {word(10, 10, 30, 20), word(34, 9, 60, 21), word(63, 9, 66, 15), word(10, 22, 50, 32)});
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines[0].page, 3);
    EXPECT_EQ(lines[0].x0, 10);
    EXPECT_EQ(lines[0].y0, 9);
    EXPECT_EQ(lines[0].x1, 66) << "a raised note belongs to its line";
    EXPECT_EQ(lines[0].y1, 21);
    EXPECT_EQ(lines[1].y0, 22);
}

TEST(LineBoxes, ColumnsStayApartAndLinesMayRunLeft) {
    EXPECT_EQ(lineBoxes(1, {word(10, 10, 30, 20), word(300, 10, 330, 20)}).size(), 2U);
    const auto lines = lineBoxes(1, {word(70, 10, 90, 20), word(40, 10, 66, 20)});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].x0, 40);
    EXPECT_EQ(lines[0].x1, 90);
}

TEST(LineBoxes, ALargeInitialLetterDoesNotSwallowTheLinesBesideIt) {
    EXPECT_EQ(lineBoxes(1, {word(10, 10, 40, 45), word(42, 10, 90, 20), word(42, 22, 90, 32),
                            word(42, 34, 90, 44)})
                  .size(),
              3U);
}

TEST(LineBoxes, NoWordsGiveNoBox) {
    EXPECT_TRUE(lineBoxes(1, {}).empty());
}

} // namespace
