#include "base/cron.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace weft {
namespace {

using testing::HasSubstr;

// `2026-03-29T00:30` ↔ seconds, in whatever zone the caller means.
std::int64_t seconds(std::string_view text) {
  auto number = [&](std::size_t at, std::size_t size) { return std::stoi(std::string(text.substr(at, size))); };
  return days_of(number(0, 4), number(5, 2), number(8, 2)) * 86'400 + number(11, 2) * 3600 + number(14, 2) * 60 +
         (text.size() > 16 ? number(17, 2) : 0);
}

std::string text_of(std::int64_t seconds) {
  auto days = seconds / 86'400 - (seconds % 86'400 < 0 ? 1 : 0);
  auto day = calendar_day(days);
  auto rest = seconds - days * 86'400;
  return fmt::format("{}-{:02}-{:02}T{:02}:{:02}", day.year, day.month, day.day, rest / 3600, rest / 60 % 60);
}

TimeZone zone(std::string_view name) {
  auto loaded = TimeZone::load(name);
  EXPECT_TRUE(loaded) << name;
  return loaded.value_or(TimeZone::utc());
}

// The first `count` due moments after `after` (UTC), in UTC.
std::vector<std::string> due(std::string_view expression, std::string_view zone_name, std::string_view after, std::size_t count) {
  auto cron = Cron::parse(expression);
  EXPECT_TRUE(cron) << expression;
  std::vector<std::string> moments;
  auto there = zone(zone_name);
  Timestamp at{seconds(after) * 1'000'000};
  while (cron && moments.size() < count) {
    auto next = cron->next(at, there);
    if (!next) break;
    EXPECT_GT(*next, at);
    EXPECT_EQ(next->micros % 60'000'000, 0);
    moments.push_back(text_of(next->micros / 1'000'000));
    at = *next;
  }
  return moments;
}

struct DueCase {
  std::string_view expression, zone, after;
  std::vector<std::string> moments;
};

TEST(Cron, FindsWhatIsDue) {
  for (const auto& test : {
           DueCase{"* * * * *", "UTC", "2026-01-01T00:00", {"2026-01-01T00:01", "2026-01-01T00:02"}},
           DueCase{
               "*/15 * * * *", "UTC", "2026-01-01T00:07", {"2026-01-01T00:15", "2026-01-01T00:30", "2026-01-01T00:45", "2026-01-01T01:00"}},
           DueCase{"5,35 8-10/2 * * *",
                   "UTC",
                   "2026-01-01T08:05",
                   {"2026-01-01T08:35", "2026-01-01T10:05", "2026-01-01T10:35", "2026-01-02T08:05"}},
           DueCase{"0 0 1 * *", "UTC", "2026-01-31T23:59", {"2026-02-01T00:00", "2026-03-01T00:00"}},
           DueCase{"0 0 31 * *", "UTC", "2026-01-31T00:00", {"2026-03-31T00:00", "2026-05-31T00:00"}},
           DueCase{"30 5 * * MON-Fri", "UTC", "2026-01-02T06:00", {"2026-01-05T05:30", "2026-01-06T05:30"}},
           DueCase{"0 9 * jan,JUL 1", "UTC", "2026-01-27T00:00", {"2026-07-06T09:00"}},
           DueCase{"0 0 * * 0", "UTC", "2026-01-01T00:00", {"2026-01-04T00:00"}},
           DueCase{"0 0 * * 7", "UTC", "2026-01-01T00:00", {"2026-01-04T00:00"}},
           DueCase{
               "0 0 * * 5-7", "UTC", "2026-01-01T00:00", {"2026-01-02T00:00", "2026-01-03T00:00", "2026-01-04T00:00", "2026-01-09T00:00"}},
           // Both days restricted: either. One of them beginning with a star: both.
           DueCase{"0 0 13 * fri", "UTC", "2026-01-08T12:00", {"2026-01-09T00:00", "2026-01-13T00:00", "2026-01-16T00:00"}},
           DueCase{"0 0 */2 * mon", "UTC", "2026-01-01T00:00", {"2026-01-05T00:00", "2026-01-19T00:00", "2026-02-09T00:00"}},
           DueCase{"0 0 29 2 *", "UTC", "2026-01-01T00:00", {"2028-02-29T00:00", "2032-02-29T00:00"}},
           DueCase{"0 0 29 2 *", "UTC", "2096-03-01T00:00", {"2104-02-29T00:00"}},  // 2100 is no leap year
           DueCase{"0 0 29 2 */7", "UTC", "2088-03-01T00:00", {"2128-02-29T00:00"}},
           DueCase{"  0\t12  * * *  ", "UTC", "2026-01-01T12:00", {"2026-01-02T12:00"}},
           DueCase{"@hourly", "UTC", "2026-01-01T00:30", {"2026-01-01T01:00"}},
           DueCase{"@Daily", "UTC", "2026-01-01T00:30", {"2026-01-02T00:00"}},
           DueCase{"@midnight", "UTC", "2026-01-01T00:30", {"2026-01-02T00:00"}},
           DueCase{"@weekly", "UTC", "2026-01-01T00:30", {"2026-01-04T00:00"}},
           DueCase{"@monthly", "UTC", "2026-01-01T00:30", {"2026-02-01T00:00"}},
           DueCase{"@yearly", "UTC", "2026-01-01T00:30", {"2027-01-01T00:00"}},
           DueCase{"@annually", "UTC", "2026-01-01T00:30", {"2027-01-01T00:00"}},
           // Before 1970, and over the year.
           DueCase{"0 0 * * *", "UTC", "1969-12-30T00:00", {"1969-12-31T00:00", "1970-01-01T00:00"}},
           DueCase{"0 6 * * *", "Europe/Berlin", "2026-07-01T04:00", {"2026-07-02T04:00"}},
           DueCase{"0 1 * * *", "Asia/Kolkata", "2026-01-01T00:00", {"2026-01-01T19:30"}},
           DueCase{"0 1 * * *", "Pacific/Kiritimati", "2026-01-01T00:00", {"2026-01-01T11:00"}},
       }) {
    EXPECT_EQ(due(test.expression, test.zone, test.after, test.moments.size()), test.moments) << test.expression << " in " << test.zone;
  }
}

TEST(Cron, TheClockIsSetForward) {
  for (const auto& test : {
           // Berlin, 2026-03-29: from 02:00 to 03:00 at 01:00 UTC.
           DueCase{"30 2 * * *", "Europe/Berlin", "2026-03-27T23:00", {"2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"}},
           DueCase{"*/20 2 * * *", "Europe/Berlin", "2026-03-28T01:30", {"2026-03-28T01:40", "2026-03-29T01:00", "2026-03-30T00:00"}},
           DueCase{"0 3 * * *", "Europe/Berlin", "2026-03-28T12:00", {"2026-03-29T01:00", "2026-03-30T01:00"}},
           // Both times of the day fall on the same moment: once.
           DueCase{"0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00", {"2026-03-29T01:00", "2026-03-30T00:00"}},
           DueCase{"30 1 * * *", "Europe/Berlin", "2026-03-28T12:00", {"2026-03-29T00:30", "2026-03-29T23:30"}},
           DueCase{"0 */2 * * *", "Europe/Berlin", "2026-03-28T22:00", {"2026-03-28T23:00", "2026-03-29T01:00", "2026-03-29T02:00"}},
           // In every hour: as time passes.
           DueCase{"30 * * * *", "Europe/Berlin", "2026-03-29T00:00", {"2026-03-29T00:30", "2026-03-29T01:30"}},
           DueCase{"30 0-23 * * *", "Europe/Berlin", "2026-03-29T00:00", {"2026-03-29T00:30", "2026-03-29T01:30"}},
           DueCase{"30 2 29 3 *", "Europe/Berlin", "2026-01-01T00:00", {"2026-03-29T01:00", "2027-03-29T00:30"}},
           // New York, 2026-03-08: from 02:00 to 03:00 at 07:00 UTC.
           DueCase{"30 2 * * *", "America/New_York", "2026-03-07T00:00", {"2026-03-07T07:30", "2026-03-08T07:00", "2026-03-09T06:30"}},
           DueCase{"15 2 * * sun", "America/New_York", "2026-03-05T00:00", {"2026-03-08T07:00", "2026-03-15T06:15"}},
           DueCase{"0 * * * *", "America/New_York", "2026-03-08T05:30", {"2026-03-08T06:00", "2026-03-08T07:00", "2026-03-08T08:00"}},
           // Midnight itself does not exist: Havana, 2024-03-10, from 00:00 to 01:00 at 05:00 UTC.
           DueCase{"0 0 * * *", "America/Havana", "2024-03-09T06:00", {"2024-03-10T05:00", "2024-03-11T04:00"}},
           // A whole day does not exist: Apia, 2011-12-30.
           DueCase{"0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00", {"2011-12-30T10:00", "2012-12-29T22:00"}},
           DueCase{"0 12 * * *", "Pacific/Apia", "2011-12-29T00:00", {"2011-12-29T22:00", "2011-12-30T10:00", "2011-12-30T22:00"}},
       }) {
    EXPECT_EQ(due(test.expression, test.zone, test.after, test.moments.size()), test.moments) << test.expression << " in " << test.zone;
  }
}

TEST(Cron, TheClockIsSetBack) {
  for (const auto& test : {
           // Berlin, 2026-10-25: from 03:00 to 02:00 at 01:00 UTC.
           DueCase{"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", {"2026-10-25T00:30", "2026-10-26T01:30"}},
           DueCase{"30 2 * * *", "Europe/Berlin", "2026-10-25T00:45", {"2026-10-26T01:30"}},  // not again
           DueCase{"*/30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", {"2026-10-25T00:00", "2026-10-25T00:30", "2026-10-26T01:00"}},
           DueCase{"0 1,2,3 * * *", "Europe/Berlin", "2026-10-24T12:00", {"2026-10-24T23:00", "2026-10-25T00:00", "2026-10-25T02:00"}},
           DueCase{"30 * * * *", "Europe/Berlin", "2026-10-25T00:00", {"2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"}},
           DueCase{"*/30 * * * *",
                   "Europe/Berlin",
                   "2026-10-25T00:15",
                   {"2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-25T02:00"}},
           // New York, 2026-11-01: from 02:00 to 01:00 at 06:00 UTC.
           DueCase{"30 1 * * *", "America/New_York", "2026-10-31T12:00", {"2026-11-01T05:30", "2026-11-02T06:30"}},
           DueCase{"0 2 * * *", "America/New_York", "2026-10-31T12:00", {"2026-11-01T07:00", "2026-11-02T07:00"}},
           DueCase{"30 * * * *", "America/New_York", "2026-11-01T05:00", {"2026-11-01T05:30", "2026-11-01T06:30", "2026-11-01T07:30"}},
           // Over midnight: Havana, 2024-11-03, from 01:00 to 00:00 at 05:00 UTC. (Of later years tzdata's releases disagree.)
           DueCase{"30 0 * * *", "America/Havana", "2024-11-02T12:00", {"2024-11-03T04:30", "2024-11-04T05:30"}},
           DueCase{"0 0 * * *", "America/Havana", "2024-11-02T12:00", {"2024-11-03T04:00", "2024-11-04T05:00"}},
       }) {
    EXPECT_EQ(due(test.expression, test.zone, test.after, test.moments.size()), test.moments) << test.expression << " in " << test.zone;
  }
}

// Whether a field as the test writes it (numbers, or a star) holds a value.
struct RandomCron {
  std::vector<int> minutes, hours, week_days;  // empty: star

  [[nodiscard]] std::string text() const {
    auto field = [](const std::vector<int>& values) {
      return values.empty() ? std::string("*") : fmt::format("{}", fmt::join(values, ","));
    };
    return fmt::format("{} {} * * {}", field(minutes), field(hours), field(week_days));
  }
  [[nodiscard]] bool shows(LocalSeconds local) const {
    auto holds = [](const std::vector<int>& values, std::int64_t value) {
      return values.empty() || std::ranges::find(values, value) != values.end();
    };
    return local % 60 == 0 && holds(minutes, local / 60 % 60) && holds(hours, local / 3600 % 24) &&
           holds(week_days, calendar_day(local / 86'400).weekday);
  }
};

// Against an oracle that lets the clock run, minute by minute, around the days on which it is set.
TEST(Cron, AgreesWithAClock) {
  constexpr std::uint32_t kSeed = 20'260'329;
  std::mt19937 random(kSeed);
  auto pick = [&](int count, int limit) {
    std::set<int> values;
    for (int i = 0; i < count; ++i) values.insert(static_cast<int>(random() % static_cast<unsigned>(limit)));
    return std::vector<int>(values.begin(), values.end());
  };
  for (std::string_view name : {"Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Asia/Gaza"}) {
    auto there = zone(name);
    for (const auto& change : there.changes(seconds("2026-01-01T00:00"), seconds("2027-01-01T00:00"))) {
      for (int round = 0; round < 12; ++round) {
        RandomCron fields{pick(1 + static_cast<int>(random() % 2), 60), pick(static_cast<int>(random() % 4), 5), {}};
        if (random() % 2 == 0) fields.week_days = pick(3, 7);
        auto cron = Cron::parse(fields.text());
        ASSERT_TRUE(cron);
        auto from = change.at - 2 * 86'400, to = change.at + 2 * 86'400;

        std::set<UtcSeconds> expected;
        std::set<LocalSeconds> shown;
        for (auto utc = from; utc <= to; utc += 60) {
          auto local = there.to_local(utc);
          if (utc == change.at && !fields.hours.empty()) {  // what was skipped is made up for now
            for (auto skipped = change.at + change.before; skipped < change.at + change.after; skipped += 60) {
              if (fields.shows(skipped)) expected.insert(utc);
            }
          }
          bool again = !shown.insert(local).second;
          if (fields.shows(local) && (fields.hours.empty() || !again)) expected.insert(utc);
        }
        expected.erase(from);  // due after, not at

        std::set<UtcSeconds> found;
        for (auto at = from;;) {
          auto next = cron->next({at * 1'000'000}, there);
          ASSERT_TRUE(next);
          at = next->micros / 1'000'000;
          if (at > to) break;
          found.insert(at);
        }
        EXPECT_EQ(found, expected) << fields.text() << " in " << name << " around " << text_of(change.at) << ", seed " << kSeed;
      }
    }
  }
}

TEST(Cron, SaysWhatIsWrong) {
  struct Case {
    std::string_view expression, message;
  };
  for (const auto& [expression, message] : std::initializer_list<Case>{
           {"", "five fields, not 0"},
           {"* * * *", "five fields, not 4"},
           {"0 * * * * *", "five fields, not 6"},
           {"60 * * * *", "the minute must be from 0 to 59, unlike `60`"},
           {"* 24 * * *", "the hour must be from 0 to 23"},
           {"* * 0 * *", "the day of the month must be from 1 to 31"},
           {"* * 32 * *", "the day of the month must be from 1 to 31"},
           {"* * * 13 *", "the month must be from 1 to 12 or jan-dec"},
           {"* * * mon *", "the month must be"},
           {"* * * * 8", "the day of the week must be from 0 to 7 or sun-sat, unlike `8`"},
           {"* * * * monday", "the day of the week must be"},
           {"-1 * * * *", "the minute must be"},
           {"+1 * * * *", "the minute must be"},
           {"1.5 * * * *", "the minute must be"},
           {"a * * * *", "the minute must be"},
           {"1,,2 * * * *", "the minute must be"},
           {"1, * * * *", "the minute must be"},
           {"1- * * * *", "the minute must be"},
           {"1-2-3 * * * *", "the minute must be"},
           {"*-5 * * * *", "the minute must be"},
           {"** * * * *", "the minute must be"},
           {"99999999999 * * * *", "the minute must be"},
           {"10-5 * * * *", "runs backwards: `10-5`"},
           {"* * * * fri-mon", "runs backwards"},
           {"*/0 * * * *", "the minute must have a step from 1 to 59"},
           {"*/60 * * * *", "the minute must have a step from 1 to 59"},
           {"*/ * * * *", "must have a step"},
           {"*/-2 * * * *", "must have a step"},
           {"*/2/3 * * * *", "must have a step"},
           {"5/15 * * * *", "write `5-59/15`"},
           {"0 0 L * *", "the day of the month must be"},
           {"0 0 ? * *", "the day of the month must be"},
           {"0 0 * * mon#2", "the day of the week must be"},
           {"@reboot", "`@reboot` is none of"},
           {"@daily *", "five fields, not 2"},
       }) {
    auto cron = Cron::parse(expression);
    ASSERT_FALSE(cron) << expression;
    EXPECT_EQ(cron.error().id, "cron.invalid") << expression;
    EXPECT_THAT(cron.error().message, HasSubstr(message)) << expression;
  }
  EXPECT_EQ(Cron::parse(std::string(300, '*')).error().id, "cron.invalid");
  for (std::string_view expression : {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30-31 feb */2"}) {
    auto cron = Cron::parse(expression);
    ASSERT_FALSE(cron) << expression;
    EXPECT_EQ(cron.error().id, "cron.never") << expression;
  }
  EXPECT_TRUE(Cron::parse("0 0 30 2 mon"));  // Mondays in February
}

TEST(Cron, KnowsTheEndsOfTheCalendar) {
  auto cron = *Cron::parse("0 0 * * *");
  EXPECT_EQ(cron.next({seconds("9999-12-31T00:00") * 1'000'000}, TimeZone::utc()), std::nullopt);
  EXPECT_EQ(cron.next({std::numeric_limits<std::int64_t>::max()}, TimeZone::utc()), std::nullopt);
  EXPECT_TRUE(cron.next({std::numeric_limits<std::int64_t>::min()}, zone("Europe/Berlin")));
  // A fraction of a second before, and after.
  auto midnight = seconds("2026-01-01T00:00") * 1'000'000;
  EXPECT_EQ(cron.next({midnight - 1}, TimeZone::utc())->micros, midnight);
  EXPECT_EQ(cron.next({midnight}, TimeZone::utc())->micros, midnight + 86'400'000'000);
  EXPECT_EQ(cron.next({midnight + 1}, TimeZone::utc())->micros, midnight + 86'400'000'000);
}

TEST(Interval, CountsFromItsAnchor) {
  struct Case {
    std::int64_t anchor, every, after;  // seconds
    std::optional<std::int64_t> next;
  };
  constexpr std::int64_t kLast = 253'402'300'799;
  for (const auto& [anchor, every, after, next] : std::initializer_list<Case>{
           {1000, 60, 0, 1000},
           {1000, 60, 999, 1000},
           {1000, 60, 1000, 1060},
           {1000, 60, 1059, 1060},
           {1000, 60, 1060, 1120},
           {1000, 60, 1'000'000'000, 1'000'000'060 - (1'000'000'000 - 1000) % 60},
           {-100, 60, -50, -40},
           {0, 1, kLast - 1, kLast},
           {0, 1, kLast, std::nullopt},
           {0, kLast + 1, 5, std::nullopt},
           {0, std::numeric_limits<std::int64_t>::max(), 5, std::nullopt},
       }) {
    auto found = next_interval({anchor * 1'000'000}, every, {after * 1'000'000});
    EXPECT_EQ(found ? std::optional(found->micros / 1'000'000) : std::nullopt, next) << anchor << " " << every << " " << after;
  }
}

}  // namespace
}  // namespace weft
