#include "base/name.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Name, FollowsTheRule) {
  for (const std::string& text :
       {std::string("a"), std::string("flights"), std::string("a1_b-c"), std::string("a-"), std::string(63, 'a')}) {
    EXPECT_TRUE(is_name(text)) << text;
  }
  for (const std::string& text :
       {std::string(), std::string("A"), std::string("1a"), std::string("_a"), std::string("-a"), std::string("a.b"), std::string("a@2"),
        std::string("a b"), std::string("aB"), std::string("ä"), std::string("aä"), std::string("a\n"), std::string("a\0b", 3),
        std::string(64, 'a'), std::string("a/b")}) {
    EXPECT_FALSE(is_name(text)) << text;
  }
}

TEST(Name, DomainPathsAreNamesJoinedByDots) {
  for (const std::string_view text : {"sales", "sales.emea", "a.b.c.d.e.f.g.h"}) EXPECT_TRUE(is_domain_path(text)) << text;
  for (const std::string_view text : {"", ".", "sales.", ".sales", "sales..emea", "sales.Emea", "a.b.c.d.e.f.g.h.i", "a/b"}) {
    EXPECT_FALSE(is_domain_path(text)) << text;
  }
}

struct WithinCase {
  std::string_view path;
  std::string_view ancestor;
  bool is_within;
};

TEST(Name, WithinIsByWholeNames) {
  const WithinCase cases[] = {
      {"sales", "sales", true},
      {"sales.emea", "sales", true},
      {"sales.emea.de", "sales.emea", true},
      {"salesforce", "sales", false},
      {"sales", "sales.emea", false},
      {"sales-x.emea", "sales", false},
      {"emea.sales", "sales", false},
      {"sales", "", false},
      {"sales.emea", "sales.", false},
      {"", "", false},
  };
  for (const auto& [path, ancestor, expected] : cases) EXPECT_EQ(is_within(path, ancestor), expected) << path << " in " << ancestor;
}

TEST(Name, AncestorsGoUpwards) {
  EXPECT_EQ(self_and_ancestors("a.b.c"), (std::vector<std::string>{"a.b.c", "a.b", "a"}));
  EXPECT_EQ(self_and_ancestors("a"), std::vector<std::string>{"a"});
  EXPECT_EQ(self_and_ancestors(""), std::vector<std::string>{});
}

}  // namespace
}  // namespace weft
