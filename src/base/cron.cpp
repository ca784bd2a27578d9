#include "base/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/ascii.h"

namespace weft {

namespace {

constexpr std::size_t kMaxExpressionBytes = 256;
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kMaxDaysAhead = 41 * 366;
constexpr std::int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z

constexpr std::string_view kMonthNames[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kDayNames[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  std::string_view name;
  int min, max;
  std::span<const std::string_view> names;  // of min, min + 1, …
};
constexpr Field kFields[] = {{"minute", 0, 59, {}},
                             {"hour", 0, 23, {}},
                             {"day of the month", 1, 31, {}},
                             {"month", 1, 12, kMonthNames},
                             {"day of the week", 0, 7, kDayNames}};

struct Shorthand {
  std::string_view name, expression;
};
constexpr Shorthand kShorthands[] = {{"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
                                     {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
                                     {"@annually", "0 0 1 1 *"}};

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::Invalid, "cron.invalid", std::move(message),
              "Write five fields: minute, hour, day of the month, month, day of the week, such as `30 5 * * mon-fri`.");
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> split_at_blanks(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; (at = text.find_first_not_of(" \t", at)) != std::string_view::npos;) {
    auto end = std::min(text.find_first_of(" \t", at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end;
  }
  return parts;
}

std::optional<int> parse_digits(std::string_view text) {
  int number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool whole = problem == std::errc{} && end == text.data() + text.size() && text.find('-') == std::string_view::npos;
  return whole ? std::optional(number) : std::nullopt;
}

Result<int> parse_value(const Field& field, std::string_view text) {
  auto found = std::ranges::find(field.names, text);
  if (found != field.names.end()) return field.min + static_cast<int>(found - field.names.begin());
  auto number = parse_digits(text);
  if (!number || *number < field.min || *number > field.max) {
    return invalid(fmt::format("the {} must be from {} to {}{}, unlike `{}`", field.name, field.min, field.max,
                               field.names.empty() ? std::string{} : fmt::format(" or {}-{}", field.names.front(), field.names.back()),
                               text));
  }
  return *number;
}

// Sets what one item of a field's list means: `*`, `5`, `1-5`, with `/2` behind `*` or a range.
Result<void> take_item(const Field& field, std::string_view item, std::bitset<64>& values) {
  auto slash = item.find('/');
  auto range = item.substr(0, slash);
  int first = field.min, last = field.max, step = 1;
  if (range != "*") {
    auto dash = range.find('-');
    first = TRY(parse_value(field, range.substr(0, dash)));
    last = dash == std::string_view::npos ? first : TRY(parse_value(field, range.substr(dash + 1)));
    if (first > last) {
      return invalid(fmt::format("the {} has a range that runs backwards: `{}`; write it as two", field.name, range));
    }
    if (slash != std::string_view::npos && dash == std::string_view::npos) {
      return invalid(
          fmt::format("the {} has a step behind a single number; write `{}-{}{}`", field.name, range, field.max, item.substr(slash)));
    }
  }
  if (slash != std::string_view::npos) {
    auto number = parse_digits(item.substr(slash + 1));
    if (!number || *number < 1 || *number > field.max) {
      return invalid(fmt::format("the {} must have a step from 1 to {}, unlike `{}`", field.name, field.max, item));
    }
    step = *number;
  }
  for (int value = first; value <= last; value += step) values.set(static_cast<std::size_t>(value));
  return {};
}

Result<std::bitset<64>> parse_field(const Field& field, std::string_view text) {
  std::bitset<64> values;
  for (auto item : split(text, ',')) CHECK(take_item(field, item, values));
  return values;
}

template <std::size_t Size>
void copy_bits(const std::bitset<64>& from, std::bitset<Size>& to) {
  for (std::size_t i = 0; i < Size; ++i) to[i] = from[i];
}

}  // namespace

Result<Cron> Cron::parse(std::string_view expression) {
  if (expression.size() > kMaxExpressionBytes) return invalid("the cron expression is too long");
  auto text = lower_case(expression);
  auto parts = split_at_blanks(text);
  if (parts.size() == 1 && parts[0].starts_with('@')) {
    auto found = std::ranges::find(kShorthands, parts[0], &Shorthand::name);
    if (found == std::end(kShorthands)) {
      return invalid(fmt::format("`{}` is none of @hourly, @daily, @weekly, @monthly, @yearly", parts[0]));
    }
    parts = split_at_blanks(found->expression);
  }
  if (parts.size() != std::size(kFields)) {
    return invalid(fmt::format("a cron expression has five fields, not {}", parts.size()));
  }
  std::array<std::bitset<64>, std::size(kFields)> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) fields[i] = TRY(parse_field(kFields[i], parts[i]));

  Cron cron;
  copy_bits(fields[0], cron.minutes_);
  copy_bits(fields[1], cron.hours_);
  copy_bits(fields[2], cron.month_days_);
  copy_bits(fields[3], cron.months_);
  copy_bits(fields[4], cron.week_days_);
  if (fields[4].test(7)) cron.week_days_.set(0);
  if (!parts[2].starts_with('*') && !parts[4].starts_with('*')) cron.days_ = Days::Either;

  if (cron.days_ == Days::Both) {
    constexpr int kLongest[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool ever = false;
    for (std::size_t month = 1; month <= 12; ++month) {
      for (int day = 1; day <= kLongest[month - 1]; ++day) {
        ever = ever || (cron.months_.test(month) && cron.month_days_.test(static_cast<std::size_t>(day)));
      }
    }
    if (!ever) {
      return fail(ErrorKind::Invalid, "cron.never", "no month of those given has such a day", "Check the day of the month and the month.");
    }
  }
  return cron;
}

bool Cron::is_due_on(const CalendarDay& day) const {
  if (!months_.test(static_cast<std::size_t>(day.month))) return false;
  bool month_day = month_days_.test(static_cast<std::size_t>(day.day));
  bool week_day = week_days_.test(static_cast<std::size_t>(day.weekday));
  return days_ == Days::Both ? month_day && week_day : month_day || week_day;
}

std::optional<Timestamp> Cron::next(Timestamp after, const TimeZone& zone) const {
  auto after_seconds = floor_divide(after.micros, 1'000'000);  // a due moment is a whole second: later means > this
  if (after_seconds > kLastSecond) return std::nullopt;
  after_seconds = std::max(after_seconds, kFirstSecond);
  bool every_hour = hours_.all();

  // The first due moment of a day on the wall's clock.
  auto first_of = [&](std::int64_t day) -> std::optional<UtcSeconds> {
    auto midnight = day * kDay;
    // The clock is not set around most days: then wall and UTC go side by side.
    bool plain = zone.changes(midnight - 2 * kDay, midnight + 3 * kDay).empty();
    auto offset = zone.offset_at(midnight);
    std::optional<UtcSeconds> first;
    auto consider = [&](UtcSeconds moment) {
      if (moment > after_seconds && (!first || moment < *first)) first = moment;
    };
    for (std::size_t hour = 0; hour < hours_.size(); ++hour) {
      for (std::size_t minute = 0; minute < minutes_.size(); ++minute) {
        if (!hours_.test(hour) || !minutes_.test(minute)) continue;
        auto local = midnight + static_cast<std::int64_t>(hour * 3600 + minute * 60);
        if (plain) {
          consider(local - offset);
          if (first) return first;
          continue;
        }
        auto [moments, after_gap] = zone.moments_of(local);
        if (moments.empty()) {
          if (!every_hour) consider(after_gap);
        } else if (every_hour) {
          for (auto moment : moments) consider(moment);
        } else {
          consider(moments.front());
        }
      }
    }
    return first;
  };

  // A gap may move a moment into the next day, and the clock may be set back over midnight: so it begins a day early
  // (two, where a whole day was skipped) and looks a day beyond the first find.
  auto today = floor_divide(zone.to_local(after_seconds), kDay);
  std::optional<UtcSeconds> found;
  for (auto day = today - 2; day <= today + kMaxDaysAhead; ++day) {
    bool due = is_due_on(calendar_day(day));
    auto first = due ? first_of(day) : std::nullopt;
    if (found) {
      if (first) found = std::min(*found, *first);
      break;
    }
    found = first;
  }
  if (!found || *found > kLastSecond) return std::nullopt;
  return Timestamp{*found * 1'000'000};
}

std::optional<Timestamp> next_interval(Timestamp anchor, std::int64_t every_seconds, Timestamp after) {
  if (anchor > after) return anchor;
  constexpr auto kLast = kLastSecond * 1'000'000;
  if (every_seconds > kLastSecond || after.micros > kLast || anchor.micros < -kLast) return std::nullopt;
  auto every = every_seconds * 1'000'000;
  auto passed = (after.micros - anchor.micros) / every;
  auto next = anchor.micros + (passed + 1) * every;
  return next > kLast ? std::nullopt : std::optional(Timestamp{next});
}

}  // namespace weft
