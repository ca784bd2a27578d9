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

TEST(Origin, KnowsWhatIsHandedOnAsItIs) {
  EXPECT_TRUE(hands_on({"a.x"}, {}, "a", "x")) << "where nothing is known, too";
  EXPECT_FALSE(hands_on({"a.x"}, {"a.x"}, "a", "x"));
  EXPECT_FALSE(hands_on({"a.x", "a.y"}, {"a.y"}, "a", "y"));
  EXPECT_FALSE(hands_on({"a.x"}, {}, "a", "y"));
  EXPECT_TRUE(hands_on({"a.*"}, {}, "a", "y"));
  EXPECT_FALSE(hands_on({"a.*"}, {"a.*"}, "a", "y"));
  EXPECT_TRUE(hands_on({"a.*", "b.z"}, {"b.z"}, "a", "y"));
}

TEST(Origin, FoldsIntoAComputationOnlyWhereNothingIsHandedOn) {
  const std::map<std::string, std::size_t> counts{{"a", 2}, {"b", 3}};
  const auto computed = kept_lineage({{"a.y", "a.x", "b.z"}, {"a.x", "a.y"}}, counts);
  EXPECT_EQ(computed.origins, (std::vector<std::string>{"a.*", "b.z"}));
  EXPECT_EQ(computed.computed_from, (std::vector<std::string>{"a.*"}));
  const auto mixed = kept_lineage({{"a.x", "a.y", "b.z"}, {"a.x", "b.z"}}, counts);
  EXPECT_EQ(mixed.origins, (std::vector<std::string>{"a.*", "b.z"}));
  EXPECT_EQ(mixed.computed_from, (std::vector<std::string>{"b.z"}));
  EXPECT_TRUE(kept_lineage({{"a.x"}, {}}, counts).computed_from.empty());
}

}  // namespace
}  // namespace weft
