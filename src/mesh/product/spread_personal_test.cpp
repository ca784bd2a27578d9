#include "mesh/product/spread_personal.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

// One port of one column that is made of a.x; handed on or computed from.
ProductDefinition definition_with(Personal personal, std::vector<std::string> computed_from = {}) {
  ProductDefinition definition;
  definition.ports.emplace_back();
  definition.ports[0].columns.push_back({"c", "c", "VARCHAR", "", personal, {"a.x"}, std::move(computed_from)});
  return definition;
}

Personal tagged(ProductDefinition definition, const std::vector<TaggedColumn>& tags) {
  const auto before = definition.ports[0].columns[0].personal;
  const bool changed = tag_ports(definition, tags);
  EXPECT_EQ(changed, definition.ports[0].columns[0].personal != before);
  return definition.ports[0].columns[0].personal;
}

TEST(TagPortsTest, TagsWhatNobodySpokeOf) {
  EXPECT_EQ(tagged(definition_with(Personal::No), {{"a", "x", Personal::Suspected}}), Personal::Suspected);
  EXPECT_EQ(tagged(definition_with(Personal::No, {"a.x"}), {{"a", "x", Personal::Suspected}}), Personal::Suspected);
  EXPECT_EQ(tagged(definition_with(Personal::No), {{"a", "x", Personal::Suspected}, {"a", "x", Personal::Confirmed}}), Personal::Confirmed);
  EXPECT_EQ(tagged(definition_with(Personal::No), {{"a", "y", Personal::Confirmed}, {"b", "x", Personal::Confirmed}}), Personal::No);
  EXPECT_EQ(tagged(definition_with(Personal::Suspected), {{"a", "x", Personal::Confirmed}}), Personal::Suspected);
}

TEST(TagPortsTest, LeavesAPersonsWordWhereTheTagDoesNotHold) {
  const auto by = [](Hold hold) { return std::vector<TaggedColumn>{{"a", "x", Personal::Confirmed, hold}}; };
  EXPECT_EQ(tagged(definition_with(Personal::Cleared), by(Hold::None)), Personal::Cleared);
  EXPECT_EQ(tagged(definition_with(Personal::Cleared), by(Hold::WhereHandedOn)), Personal::Confirmed);
  EXPECT_EQ(tagged(definition_with(Personal::Cleared, {"a.x"}), by(Hold::WhereHandedOn)), Personal::Cleared);
  EXPECT_EQ(tagged(definition_with(Personal::Cleared, {"a.x"}), by(Hold::Everywhere)), Personal::Confirmed);
  const std::vector<TaggedColumn> several{{"a", "x", Personal::Suspected}, {"a", "x", Personal::Suspected, Hold::WhereHandedOn}};
  EXPECT_EQ(tagged(definition_with(Personal::Cleared), several), Personal::Suspected);
}

TEST(TaggedColumnsTest, AreThosePersonalOrHeld) {
  const std::vector<PortColumn> columns{{"plain", "", "", "", Personal::No, {}, {}},
                                        {"suspected", "", "", "", Personal::Suspected, {}, {}},
                                        {"confirmed", "", "", "", Personal::Confirmed, {}, {}},
                                        {"cleared", "", "", "", Personal::Cleared, {}, {}}};
  const auto tags = tagged_columns("a", columns, {{"confirmed", Hold::WhereHandedOn}, {"cleared", Hold::Everywhere}});
  ASSERT_EQ(tags.size(), 3U);
  EXPECT_EQ(std::tuple(tags[0].column, tags[0].personal, tags[0].hold), std::tuple("suspected", Personal::Suspected, Hold::None));
  EXPECT_EQ(std::tuple(tags[1].column, tags[1].personal, tags[1].hold), std::tuple("confirmed", Personal::Confirmed, Hold::WhereHandedOn));
  EXPECT_EQ(std::tuple(tags[2].column, tags[2].personal, tags[2].hold), std::tuple("cleared", Personal::Suspected, Hold::Everywhere));
}

}  // namespace
}  // namespace weft
