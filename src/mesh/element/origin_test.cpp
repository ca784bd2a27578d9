#include "mesh/element/origin.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Origin, FoldsAllColumnsOfAnIngredient) {
  EXPECT_EQ(fold_origins({"a.x", "b.z", "a.y"}, "a", 2), (std::vector<std::string>{"b.z", "a.*"}));
  EXPECT_EQ(fold_origins({"a.x", "b.z"}, "a", 2), (std::vector<std::string>{"a.x", "b.z"}));
  EXPECT_EQ(fold_origins({"a.x"}, "a", 1), (std::vector<std::string>{"a.x"})) << "says more and is no longer";
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
