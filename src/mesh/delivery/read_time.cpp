#include "mesh/delivery/read_time.h"

#include <charconv>
#include <chrono>

namespace weft {

namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kNanosPerDay = 86'400 * kNanosPerSecond;

// What is left of the text; each take_ function removes what it read.
struct Rest {
  std::string_view text;

  std::optional<int> take_digits(std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int number = 0;
    for (const char c : text.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return number;
  }
  bool take(char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
  }
};

std::optional<std::chrono::sys_days> take_day(Rest& rest) {
  const auto year = rest.take_digits(4);
  if (!year || *year == 0 || !rest.take('-')) return std::nullopt;
  const auto month = rest.take_digits(2);
  if (!month || !rest.take('-')) return std::nullopt;
  const auto day = rest.take_digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

// Nanoseconds since midnight; finer digits are cut.
std::optional<std::int64_t> take_clock(Rest& rest) {
  const auto hour = rest.take_digits(2);
  if (!hour || !rest.take(':')) return std::nullopt;
  const auto minute = rest.take_digits(2);
  if (!minute) return std::nullopt;
  int second = 0;
  std::int64_t nanos = 0;
  if (rest.take(':')) {
    const auto digits = rest.take_digits(2);
    if (!digits) return std::nullopt;
    second = *digits;
    if (rest.take('.')) {
      std::int64_t unit = kNanosPerSecond / 10;
      std::size_t count = 0;
      while (const auto digit = rest.take_digits(1)) {
        nanos += *digit * unit;
        unit /= 10;
        ++count;
      }
      if (count == 0) return std::nullopt;
    }
  }
  if (*hour > 23 || *minute > 59 || second > 59) return std::nullopt;
  return (*hour * 3600 + *minute * 60 + second) * kNanosPerSecond + nanos;
}

// Seconds east of UTC: `Z`, `+02`, `-0330`, `+05:30`. nullopt: there is none; a malformed one stays in `rest`.
std::optional<int> take_offset(Rest& rest) {
  if (rest.take('Z') || rest.take('z')) return 0;
  auto ahead = rest;
  const int sign = ahead.take('-') ? -1 : 1;
  if (sign == 1 && !ahead.take('+')) return std::nullopt;
  const auto hours = ahead.take_digits(2);
  if (!hours) return std::nullopt;
  int minutes = 0;
  if (!ahead.text.empty()) {
    ahead.take(':');
    const auto digits = ahead.take_digits(2);
    if (!digits) return std::nullopt;
    minutes = *digits;
  }
  if (*hours > 15 || minutes > 59) return std::nullopt;
  rest = ahead;
  return sign * (*hours * 3600 + minutes * 60);
}

std::string format_day(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string format_clock(std::int64_t nanos, Digits digits) {
  const auto seconds = nanos / kNanosPerSecond;
  const auto fraction = digits == Digits::Nanos ? nanos % kNanosPerSecond : nanos % kNanosPerSecond / 1000;
  return fmt::format("{:02}:{:02}:{:02}.{:0{}}", seconds / 3600, seconds / 60 % 60, seconds % 60, fraction, static_cast<int>(digits));
}

std::int64_t round_to(std::int64_t nanos, Digits digits) { return digits == Digits::Nanos ? nanos : (nanos + 500) / 1000 * 1000; }

std::optional<std::string> read_infinity(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  constexpr std::string_view kInfinity = "infinity";
  if (!std::ranges::equal(text, kInfinity, [](char a, char b) { return (a | 0x20) == b; })) return std::nullopt;
  return negative ? "-infinity" : "infinity";
}

struct Moment {
  std::chrono::sys_days day;
  std::int64_t nanos = 0;  // may be the whole day, or below zero, where an offset or rounding asks for it
  std::optional<int> offset;
};

std::optional<Moment> read_moment(std::string_view text) {
  Rest rest{text};
  Moment moment;
  const auto day = take_day(rest);
  if (!day) return std::nullopt;
  moment.day = *day;
  if (rest.take('T') || rest.take('t') || rest.take(' ')) {
    const auto clock = take_clock(rest);
    if (!clock) return std::nullopt;
    moment.nanos = *clock;
    rest.take(' ');
    moment.offset = take_offset(rest);
  }
  if (!rest.text.empty()) return std::nullopt;
  return moment;
}

}  // namespace

std::optional<std::string> read_date(std::string_view text) {
  if (auto infinity = read_infinity(text)) return infinity;
  const auto moment = read_moment(text);
  if (!moment) return std::nullopt;
  return format_day(moment->day);
}

std::optional<std::string> read_time(std::string_view text) {
  if (text == "24:00" || text == "24:00:00") return "24:00:00.000000";
  Rest rest{text};
  const auto clock = take_clock(rest);
  if (!clock || !rest.text.empty()) return std::nullopt;
  return format_clock(round_to(*clock, Digits::Micros), Digits::Micros);
}

std::optional<std::string> read_timestamp(std::string_view text, Zone zone, Digits digits) {
  if (auto infinity = read_infinity(text)) return infinity;
  auto moment = read_moment(text);
  if (!moment) return std::nullopt;
  const auto offset = moment->offset.value_or(0);
  if (zone == Zone::None && offset != 0) return std::nullopt;
  auto nanos = round_to(moment->nanos, digits) - offset * kNanosPerSecond;
  auto day = moment->day;
  for (; nanos < 0; nanos += kNanosPerDay) day -= std::chrono::days(1);
  for (; nanos >= kNanosPerDay; nanos -= kNanosPerDay) day += std::chrono::days(1);
  const auto year = static_cast<int>(std::chrono::year_month_day(day).year());
  // 64 bits of nanoseconds reach from 1677 to 2262.
  const bool nanos_only = digits == Digits::Nanos;
  if (year < (nanos_only ? 1678 : 1) || year > (nanos_only ? 2261 : 9999)) return std::nullopt;
  return fmt::format("{} {}{}", format_day(day), format_clock(nanos, digits), zone == Zone::Utc ? "+00" : "");
}

}  // namespace weft
