#include "base/id.h"

#include <gtest/gtest.h>

#include <set>
#include <unordered_set>
#include <vector>

namespace weft {
namespace {

using TestId = Id<struct TestTag>;

TEST(Id, HasTheFormOfRfc9562) {
  // The RFC's example: 2022-02-22T19:22:22.000Z.
  const auto text = new_uuid(parse_rfc3339("2022-02-22T19:22:22Z").value());
  EXPECT_EQ(text.substr(0, 19), "017f22e2-79b0-7000-");
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
  EXPECT_TRUE(is_uuid(text));
}

TEST(Id, SortsByMicrosecond) {
  Timestamp time{1'700'000'000'000'000};
  std::string last;
  for (int step = 0; step < 3000; ++step) {
    const auto text = new_uuid(time);
    EXPECT_LT(last, text) << step;
    last = text;
    ++time.micros;
  }
}

TEST(Id, IsNeverTheSame) {
  std::set<std::string> seen;
  for (int index = 0; index < 10'000; ++index) seen.insert(new_uuid({1'700'000'000'000'000}));
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(Id, TimesBeforeTheEpochCountAsIt) { EXPECT_EQ(new_uuid({-1}).substr(0, 15), "00000000-0000-7"); }

struct FormCase {
  std::string_view text;
  bool is_uuid;
};

TEST(Id, CanonicalFormOnly) {
  const FormCase cases[] = {
      {"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", true},
      {"00000000-0000-0000-0000-000000000000", true},
      {"", false},
      {"017F22E2-79B0-7CC3-98C4-DC0C0C07398F", false},
      {"017f22e279b07cc398c4dc0c0c07398f", false},
      {"{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", false},
      {"017f22e2-79b0-7cc3-98c4-dc0c0c07398", false},
      {"017f22e2-79b0-7cc3-98c4-dc0c0c07398ff", false},
      {"017f22e2-79b0-7cc3-98c4-dc0c0c07398g", false},
      {"017f22e27-9b0-7cc3-98c4-dc0c0c07398f", false},
      {"------------------------------------", false},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(is_uuid(text), expected) << text;
}

TEST(Id, ComparesAndHashesByText) {
  const TestId first("a");
  EXPECT_EQ(first, TestId("a"));
  EXPECT_LT(first, TestId("b"));
  EXPECT_TRUE(TestId().empty());
  EXPECT_FALSE(TestId::make({1}).empty());
  EXPECT_EQ((std::unordered_set<TestId>{first, TestId("a"), TestId("b")}.size()), 2U);
}

}  // namespace
}  // namespace weft
