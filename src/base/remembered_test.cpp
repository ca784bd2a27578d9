#include "base/remembered.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

std::shared_ptr<const int> number(int value) { return std::make_shared<const int>(value); }

TEST(RememberedTest, KnowsWhatWasKeptAtTheSameEpochOnly) {
  Remembered<int> remembered(10);
  EXPECT_EQ(remembered.find("a", 1), nullptr);
  remembered.keep("a", 1, number(1));
  remembered.keep("b", 1, number(2));
  EXPECT_EQ(*remembered.find("a", 1), 1);
  EXPECT_EQ(*remembered.find("b", 1), 2);
  EXPECT_EQ(remembered.find("a", 2), nullptr);
  remembered.keep("a", 2, number(3));
  EXPECT_EQ(*remembered.find("a", 2), 3);
  EXPECT_EQ(remembered.find("b", 2), nullptr);
  EXPECT_EQ(remembered.find("a", 1), nullptr);
}

TEST(RememberedTest, TakesNothingThatWasDecidedBefore) {
  Remembered<int> remembered(10);
  remembered.keep("a", 2, number(2));
  remembered.keep("a", 1, number(1));
  EXPECT_EQ(*remembered.find("a", 2), 2);
  EXPECT_EQ(remembered.find("a", 1), nullptr);
}

TEST(RememberedTest, RemembersNothingWithoutAnEpoch) {
  Remembered<int> remembered(10);
  remembered.keep("a", 0, number(1));
  EXPECT_EQ(remembered.find("a", 0), nullptr);
}

TEST(RememberedTest, HoldsNoMoreThanItMay) {
  Remembered<int> remembered(2);
  for (const auto* key : {"a", "b", "c"}) remembered.keep(key, 1, number(1));
  EXPECT_EQ(remembered.find("a", 1), nullptr);
  EXPECT_NE(remembered.find("c", 1), nullptr);
}

}  // namespace
}  // namespace weft
