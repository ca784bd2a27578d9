#include "mesh/domain/domain.h"

#include <gtest/gtest.h>

namespace weft {

namespace {

TEST(PlaceDomainTest, JoinsNamesWithinTheRules) {
  const std::string deep = "a.b.c.d.e.f.g";  // seven levels
  const struct {
    std::string parent, name;
    std::size_t depth_below;
    std::string path;  // empty: refused
  } cases[] = {
      {"", "sales", 0, "sales"},
      {"sales", "emea", 0, "sales.emea"},
      {deep, "h", 0, deep + ".h"},
      {deep, "h", 1, ""},
      {deep + ".h", "i", 0, ""},
      {"", "a", 7, "a"},
      {"", "a", 8, ""},
      {"", "", 0, ""},
      {"", "Sales", 0, ""},
      {"", "sales.emea", 0, ""},
      {"", "1st", 0, ""},
      {"", std::string(63, 'x'), 0, std::string(63, 'x')},
      {"", std::string(64, 'x'), 0, ""},
  };
  for (const auto& [parent, name, depth_below, path] : cases) {
    const auto placed = place_domain(parent, name, depth_below);
    EXPECT_EQ(placed.value_or(""), path) << parent << " + " << name;
    EXPECT_EQ(placed ? "" : placed.error().fields.at(0).field, path.empty() ? "name" : "");
  }
}

TEST(DomainTest, IsShownWithItsParentAndOwners) {
  Domain domain;
  domain.id = DomainId("d");
  domain.path = "sales.emea";
  domain.name = "emea";
  domain.tags = {"core"};
  domain.owners = {{UserId("u"), "olga"}};
  auto shown = to_json(domain);
  EXPECT_EQ(shown.at("parent"), "sales");
  EXPECT_EQ(shown.at("owners"), json::parse(R"([{"id":"u","name":"olga"}])"));
  EXPECT_EQ(shown.at("tags"), json::parse(R"(["core"])"));
  EXPECT_EQ(shown.at("state"), "active");
  domain.path = "sales";
  EXPECT_TRUE(to_json(domain).at("parent").is_null());
}

}  // namespace

}  // namespace weft
