#include "mesh/delivery/answer_cache.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

std::shared_ptr<const KnownAnswer> answer_of(std::size_t bytes) {
  return std::make_shared<const KnownAnswer>(KnownAnswer{200, "", std::string(bytes, 'x'), 1});
}

TEST(AnswerCacheTest, GivesBackWhatWasKept) {
  AnswerCache cache(1 << 20);
  EXPECT_EQ(cache.find("a"), nullptr);
  cache.keep("a", answer_of(10));
  EXPECT_EQ(cache.find("a")->body.size(), 10U);
  EXPECT_EQ(cache.find("b"), nullptr);
}

TEST(AnswerCacheTest, LetsGoOfWhatWasNotAskedForLongest) {
  AnswerCache cache(100'000);
  for (const auto* key : {"a", "b", "c", "d", "e", "f", "g", "h"}) cache.keep(key, answer_of(11'000));
  EXPECT_NE(cache.find("a"), nullptr);
  cache.keep("i", answer_of(11'000));
  EXPECT_NE(cache.find("a"), nullptr);
  EXPECT_EQ(cache.find("b"), nullptr);
  EXPECT_NE(cache.find("i"), nullptr);
  EXPECT_LE(cache.bytes(), 100'000);
}

TEST(AnswerCacheTest, HoldsNoMoreThanItMay) {
  AnswerCache cache(100'000);
  for (int i = 0; i < 1000; ++i) cache.keep(std::to_string(i), answer_of(static_cast<std::size_t>(i) * 10));
  EXPECT_LE(cache.bytes(), 100'000);
  EXPECT_NE(cache.find("999"), nullptr);
}

TEST(AnswerCacheTest, LeavesOutWhatIsTooLarge) {
  AnswerCache cache(100'000);
  EXPECT_FALSE(cache.has_room_for(30'000));
  cache.keep("a", answer_of(30'000));
  EXPECT_EQ(cache.find("a"), nullptr);
  AnswerCache none(0);
  none.keep("a", answer_of(0));
  EXPECT_EQ(none.find("a"), nullptr);
}

TEST(AnswerCacheTest, PutsTogetherOnlySoMuchAtOnce) {
  AnswerCache cache(100'000);
  EXPECT_FALSE(cache.begin_filling(30'000));
  auto first = cache.begin_filling(20'000);
  ASSERT_TRUE(first);
  EXPECT_FALSE(cache.begin_filling(20'000));
  first.reset();
  EXPECT_TRUE(cache.begin_filling(20'000));
}

}  // namespace
}  // namespace weft
