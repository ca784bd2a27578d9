#include "base/time_zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace weft {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kHour = 3600;

std::int64_t at(std::int64_t year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  return days_of(year, month, day) * 86'400 + hour * kHour + minute * 60 + second;
}

TimeZone zone(std::string_view name) {
  auto loaded = TimeZone::load(name);
  EXPECT_TRUE(loaded) << name;
  return loaded.value_or(TimeZone::utc());
}

TEST(TimeZone, KnowsOffsets) {
  struct Case {
    std::string_view name;
    UtcSeconds utc;
    std::int64_t offset;
  };
  for (const auto& [name, utc, offset] : std::initializer_list<Case>{
           {"UTC", at(2026, 7, 1), 0},
           {"Etc/UTC", at(2026, 7, 1), 0},
           {"Etc/GMT+5", at(2026, 7, 1), -5 * kHour},
           {"Europe/Berlin", at(1980, 4, 6, 0, 59, 59), kHour},
           {"Europe/Berlin", at(1980, 4, 6, 1), 2 * kHour},
           {"Europe/Berlin", at(2026, 3, 29, 0, 59, 59), kHour},
           {"Europe/Berlin", at(2026, 3, 29, 1), 2 * kHour},
           {"Europe/Berlin", at(2026, 10, 25, 0, 59, 59), 2 * kHour},
           {"Europe/Berlin", at(2026, 10, 25, 1), kHour},
           {"Europe/Berlin", at(2126, 7, 1), 2 * kHour},  // far beyond the table: the yearly rule
           {"Europe/Berlin", at(2126, 12, 1), kHour},
           {"America/New_York", at(2026, 3, 8, 6, 59, 59), -5 * kHour},
           {"America/New_York", at(2026, 3, 8, 7), -4 * kHour},
           {"America/New_York", at(2026, 11, 1, 5, 59, 59), -4 * kHour},
           {"America/New_York", at(2026, 11, 1, 6), -5 * kHour},
           {"America/New_York", at(2090, 7, 1), -4 * kHour},
           {"Asia/Kolkata", at(2026, 7, 1), 5 * kHour + 1800},
           {"Australia/Sydney", at(2026, 1, 1), 11 * kHour},  // summer over the turn of the year
           {"Australia/Sydney", at(2050, 1, 1), 11 * kHour},
           {"Australia/Sydney", at(2050, 7, 1), 10 * kHour},
           {"Australia/Lord_Howe", at(2050, 1, 1), 11 * kHour},
           {"Australia/Lord_Howe", at(2050, 7, 1), 10 * kHour + 1800},
           {"Europe/Dublin", at(2050, 7, 1), kHour},  // its summer time is the standard
           {"Europe/Dublin", at(2050, 12, 1), 0},
           {"Pacific/Apia", at(2011, 12, 30, 9, 59, 59), -10 * kHour},
           {"Pacific/Apia", at(2011, 12, 30, 10), 14 * kHour},
       }) {
    EXPECT_EQ(zone(name).offset_at(utc), offset) << name << " at " << utc;
  }
}

TEST(TimeZone, FindsTheMomentsOfALocalTime) {
  auto berlin = zone("Europe/Berlin");
  EXPECT_THAT(berlin.moments_of(at(2026, 7, 1, 12)).moments, ElementsAre(at(2026, 7, 1, 10)));
  // The clock goes from 02:00 to 03:00.
  EXPECT_THAT(berlin.moments_of(at(2026, 3, 29, 1, 59, 59)).moments, ElementsAre(at(2026, 3, 29, 0, 59, 59)));
  for (int minute : {0, 30, 59}) {
    auto skipped = berlin.moments_of(at(2026, 3, 29, 2, minute));
    EXPECT_THAT(skipped.moments, IsEmpty());
    EXPECT_EQ(skipped.after_gap, at(2026, 3, 29, 1));
  }
  EXPECT_THAT(berlin.moments_of(at(2026, 3, 29, 3)).moments, ElementsAre(at(2026, 3, 29, 1)));
  // The clock goes from 03:00 to 02:00.
  EXPECT_THAT(berlin.moments_of(at(2026, 10, 25, 1, 59, 59)).moments, ElementsAre(at(2026, 10, 24, 23, 59, 59)));
  EXPECT_THAT(berlin.moments_of(at(2026, 10, 25, 2)).moments, ElementsAre(at(2026, 10, 25, 0), at(2026, 10, 25, 1)));
  EXPECT_THAT(berlin.moments_of(at(2026, 10, 25, 3)).moments, ElementsAre(at(2026, 10, 25, 2)));
  // By the rule, beyond the table.
  EXPECT_THAT(berlin.moments_of(at(2100, 3, 28, 2, 30)).moments, IsEmpty());
  EXPECT_THAT(berlin.moments_of(at(2100, 10, 31, 2, 30)).moments.size(), 2u);
  // A whole day was skipped.
  auto skipped = zone("Pacific/Apia").moments_of(at(2011, 12, 30, 12));
  EXPECT_THAT(skipped.moments, IsEmpty());
  EXPECT_EQ(skipped.after_gap, at(2011, 12, 30, 10));
}

// For many local times of many zones: the moments are exactly those at which the clock shows it.
TEST(TimeZone, MomentsAndOffsetsAgree) {
  for (std::string_view name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Havana",
                                "Asia/Tehran", "Pacific/Chatham", "Asia/Gaza", "America/St_Johns"}) {
    auto there = zone(name);
    for (std::int64_t year : {1995, 2024, 2026, 2036, 2038, 2060}) {
      auto changes = there.changes(at(year, 1, 1), at(year + 1, 1, 1));
      for (const auto& change : changes) {
        EXPECT_EQ(there.offset_at(change.at - 1), change.before) << name;
        EXPECT_EQ(there.offset_at(change.at), change.after) << name;
        for (auto local = change.at + change.before - 3 * kHour; local < change.at + change.before + 3 * kHour; local += 600) {
          std::vector<UtcSeconds> expected;
          for (auto utc = local - 16 * kHour; utc <= local + 16 * kHour; utc += 300) {
            if (there.to_local(utc) == local) expected.push_back(utc);
          }
          auto found = there.moments_of(local);
          EXPECT_EQ(found.moments, expected) << name << " " << local;
          if (expected.empty()) {
            EXPECT_EQ(found.after_gap, change.at);
          }
        }
      }
    }
  }
}

TEST(TimeZone, RefusesWhatIsNoZone) {
  for (std::string_view name :
       {"", "Mars/Olympus", "europe/berlin", "Europe", "/etc/localtime", "../../../etc/passwd", "Europe/../Europe/Berlin", "tzdata.zi",
        "zone.tab", "right/Europe/Berlin", "localtime", "Europe/Berlin/", "Europe//Berlin", "Europe/Berlin\n", "CET-1CEST"}) {
    auto loaded = TimeZone::load(name);
    ASSERT_FALSE(loaded) << name;
    EXPECT_EQ(loaded.error().id, "time_zone.unknown") << name;
    EXPECT_EQ(loaded.error().kind, ErrorKind::Invalid);
  }
  EXPECT_FALSE(TimeZone::load(std::string(10'000, 'A')));
}

// A damaged file is an error, never a crash: each prefix, and each byte replaced.
TEST(TimeZone, SurvivesDamage) {
  std::ifstream file("/usr/share/zoneinfo/Europe/Berlin", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  ASSERT_TRUE(TimeZone::parse(whole));
  auto use = [](const Result<TimeZone>& parsed) {
    if (!parsed) {
      EXPECT_EQ(parsed.error().id, "time_zone.damaged");
      return;
    }
    static_cast<void>(parsed->moments_of(at(2026, 3, 29, 2, 30)));
    static_cast<void>(parsed->offset_at(at(2050, 1, 1)));
  };
  for (std::size_t size = 0; size < whole.size(); size += size < 60 ? 1 : 7) use(TimeZone::parse(whole.substr(0, size)));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto changed = whole;
    changed[i] = static_cast<char>(~changed[i]);
    use(TimeZone::parse(changed));
  }
  EXPECT_FALSE(TimeZone::parse(""));
  EXPECT_FALSE(TimeZone::parse(std::string(300'000, 'x')));
}

TEST(YearlyRule, ReadsPosixStrings) {
  auto rule = parse_yearly_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(rule && rule->summer);
  EXPECT_EQ(rule->standard_offset, kHour);
  EXPECT_EQ(rule->summer->offset, 2 * kHour);
  EXPECT_EQ(rule->summer->begins.week, 5);
  EXPECT_EQ(rule->summer->begins.seconds, 2 * kHour);
  EXPECT_EQ(rule->summer->ends.seconds, 3 * kHour);
  rule = parse_yearly_rule("<-0330>3:30<-0230>,J60/-1,365/24:30:15");
  ASSERT_TRUE(rule && rule->summer);
  EXPECT_EQ(rule->standard_offset, -(3 * kHour + 1800));
  EXPECT_EQ(rule->summer->offset, -(2 * kHour + 1800));
  EXPECT_EQ(rule->summer->begins.seconds, -kHour);
  EXPECT_EQ(rule->summer->ends.seconds, 24 * kHour + 1815);
  EXPECT_FALSE(parse_yearly_rule("<+0530>-5:30")->summer);
  for (std::string_view text : {"", "CET", "-1", "CE-1", "<>0", "<CET-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-25",
                                "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J1",
                                "CET-1CEST,366,1", "CET-1CEST,M3.5.0,M10.5.0/168", "CET-1x", "CET--1"}) {
    EXPECT_FALSE(parse_yearly_rule(text)) << text;
  }
}

}  // namespace
}  // namespace weft
