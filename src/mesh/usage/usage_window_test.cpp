#include "mesh/usage/usage_window.h"

#include <gtest/gtest.h>

#include <random>

namespace weft {

namespace {

constexpr std::int64_t kNoon = 1'772'366'400 * kSecondMicros;

bool within(const MicrosRange& range, std::int64_t at) { return at >= range.begin && at < range.end; }

// How often the window counts a hit at that instant.
int count(const UsageWindow& window, std::int64_t at) {
  int times = within(window.hours, at - at % kHourMicros) ? 1 : 0;
  for (const auto& range : window.seconds) times += within(range, at - at % kSecondMicros) ? 1 : 0;
  for (const auto& range : window.edges) times += within(range, at) ? 1 : 0;
  return times;
}

TEST(UsageWindow, CountsEachInstantOfTheRangeOnceAndNoOther) {
  std::mt19937_64 random(20260301);
  const auto below = [&](std::int64_t n) { return std::uniform_int_distribution<std::int64_t>(0, n - 1)(random); };
  const std::int64_t spans[] = {3, kSecondMicros, 3 * kSecondMicros, kHourMicros, 5 * kHourMicros};
  for (int round = 0; round < 20'000; ++round) {
    const auto span = spans[below(5)];
    const auto from = kNoon + below(2 * span) * (below(2) == 0 ? 1 : kSecondMicros) % (4 * kHourMicros);
    const auto to = from + below(span + 1);
    const auto window = usage_window(Timestamp{from}, Timestamp{to});
    EXPECT_LE(window.edges.size(), 2U);
    for (const auto at :
         {from - 1, from, from + 1, (from + to) / 2, to - 1, to, to + 1, from - from % kHourMicros, to - to % kHourMicros}) {
      ASSERT_EQ(count(window, at), at >= from && at < to ? 1 : 0) << from << " " << to << " " << at;
    }
  }
}

TEST(UsageWindow, OfOldHitsCountsTheHourWhereItBegins) {
  std::mt19937_64 random(20261201);
  const auto below = [&](std::int64_t n) { return std::uniform_int_distribution<std::int64_t>(0, n - 1)(random); };
  const auto exact_from = kNoon + 5 * kHourMicros;
  const auto count_hour_of = [&](const UsageWindow& window, std::int64_t at) {
    // An old hit's seconds may be there still or not: they must not count.
    return at < exact_from ? (within(window.hours, at - at % kHourMicros) ? 1 : 0) : count(window, at);
  };
  for (int round = 0; round < 20'000; ++round) {
    const auto from = kNoon + below(10 * kHourMicros);
    const auto to = from + below(4) * kHourMicros + below(2) * below(kHourMicros);
    const auto window = usage_window(Timestamp{from}, Timestamp{to}, Timestamp{exact_from});
    for (const auto& ranges : {window.seconds, window.edges}) {
      for (const auto& range : ranges) ASSERT_GE(range.begin, exact_from);
    }
    for (const auto at :
         {from - 1, from, (from + to) / 2, to - 1, to, exact_from - 1, exact_from, from - from % kHourMicros + kHourMicros}) {
      const auto counts_at = at < exact_from ? at - at % kHourMicros : at;
      ASSERT_EQ(count_hour_of(window, at), counts_at >= from && counts_at < to ? 1 : 0) << from << " " << to << " " << at;
    }
  }
}

TEST(UsageWindow, OfALongRangeMostAreHours) {
  const auto window = usage_window(Timestamp{kNoon + 61 * kSecondMicros + 5}, Timestamp{kNoon + 1000 * kHourMicros});
  EXPECT_EQ(window.hours, (MicrosRange{kNoon + kHourMicros, kNoon + 1000 * kHourMicros}));
  EXPECT_EQ(window.seconds, (std::vector<MicrosRange>{{kNoon + 62 * kSecondMicros, kNoon + kHourMicros}}));
  EXPECT_EQ(window.edges, (std::vector<MicrosRange>{{kNoon + 61 * kSecondMicros + 5, kNoon + 62 * kSecondMicros}}));
}

TEST(UsageWindow, WithoutEndsItIsEverything) {
  const auto window = usage_window(std::nullopt, std::nullopt);
  EXPECT_EQ(count(window, kNoon + 5), 1);
  EXPECT_TRUE(window.seconds.empty() && window.edges.empty());
}

TEST(UsageWindow, OfNothingIsNothing) {
  for (const auto& [from, to] : {std::pair{kNoon, kNoon}, {kNoon + 1, kNoon}, {-kNoon, -1L}}) {
    const auto window = usage_window(Timestamp{from}, Timestamp{to});
    EXPECT_TRUE(window.hours.empty() && window.seconds.empty() && window.edges.empty());
  }
}

TEST(Instants, ComeBackAsTheyWere) {
  const std::vector<InstantSum> instants = {{0, 1, 20, 300}, {999'999, 2, 0, 0}, {5, 1, 9'000'000'000, 9'000'000'000'000}};
  EXPECT_EQ(parse_instants(to_text(instants)), instants);
  EXPECT_TRUE(parse_instants("").empty());
  EXPECT_TRUE(parse_instants("x;1;,,,;").empty());
}

}  // namespace

}  // namespace weft
