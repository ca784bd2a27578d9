#include "platform/db/statement_cache.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(StatementCache, ForgetsWhatWasUnusedLongest) {
  StatementCache<int> cache;
  for (int index = 0; index < static_cast<int>(kMaxPreparedStatements); ++index) {
    EXPECT_EQ(cache.insert(std::to_string(index), index), std::nullopt);
  }
  ASSERT_NE(cache.find("0"), nullptr);
  EXPECT_EQ(cache.insert("new", -1), 1) << "0 was just used";
  EXPECT_EQ(*cache.find("0"), 0);
  EXPECT_EQ(cache.find("1"), nullptr);
  EXPECT_EQ(*cache.find("2"), 2);
  EXPECT_EQ(*cache.find("new"), -1);
  EXPECT_EQ(cache.insert("newer", -2), 3);
}

}  // namespace
}  // namespace weft
