#include "mesh/element/origin.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Origin, FoldsAllColumnsOfAnIngredient) {
  EXPECT_EQ(fold_origins({"a.x", "b.z", "a.y"}, "a", 2), (std::vector<std::string>{"b.z", "a.*"}));
  EXPECT_EQ(fold_origins({"a.x", "b.z"}, "a", 2), (std::vector<std::string>{"a.x", "b.z"}));
  EXPECT_EQ(fold_origins({"a.x"}, "a", 1), (std::vector<std::string>{"a.x"})) << "says more and is no longer";
}

TEST(Origin, KeepsEachOnceAndNotTooMany) {
  EXPECT_EQ(kept_origins({"b.y", "a.x", "b.y"}), (std::vector<std::string>{"a.x", "b.y"}));
  std::vector<std::string> many;
  for (std::size_t i = 0; i < kMaxOrigins; ++i) many.push_back(fmt::format("a.c{}", i));
  EXPECT_EQ(kept_origins(many).size(), kMaxOrigins);
  many.emplace_back("b.last");
  EXPECT_EQ(kept_origins(many), (std::vector<std::string>{"a.*", "b.*"}));
}

TEST(Origin, KnowsWhatAColumnIsMadeOf) {
  EXPECT_TRUE(is_made_of({"a.x"}, "a", "x"));
  EXPECT_FALSE(is_made_of({"a.x"}, "a", "y"));
  EXPECT_FALSE(is_made_of({"a.x"}, "b", "x"));
  EXPECT_TRUE(is_made_of({"b.z", "a.*"}, "a", "anything"));
  EXPECT_FALSE(is_made_of({"b.z", "a.*"}, "b", "y"));
  EXPECT_TRUE(is_made_of({"a.unit.price"}, "a", "unit.price"));
}

}  // namespace
}  // namespace weft
