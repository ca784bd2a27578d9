#include "base/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace weft {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

// What the four digits of a year can say: 0000-01-01T00:00:00.000000Z to 9999-12-31T23:59:59.999999Z.
constexpr std::int64_t kMinMicros =
    std::chrono::sys_days(std::chrono::year(0) / 1 / 1).time_since_epoch().count() * kSecondsPerDay * kMicrosPerSecond;
constexpr std::int64_t kMaxMicros =
    std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1).time_since_epoch().count() * kSecondsPerDay * kMicrosPerSecond - 1;

// Reads from the front of a text; whatever doesn't fit leaves nullopt or false.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<int> number(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (const char character : rest_.substr(0, digits)) {
      if (!is_digit(character)) return std::nullopt;
      value = value * 10 + (character - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  bool skip(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // The digits after the point, as microseconds; the rest is cut.
  std::optional<std::int64_t> fraction() {
    std::size_t digits = 0;
    std::int64_t micros = 0;
    for (; digits < rest_.size() && is_digit(rest_[digits]); ++digits) {
      if (digits < 6) micros = micros * 10 + (rest_[digits] - '0');
    }
    if (digits == 0) return std::nullopt;
    for (auto missing = digits; missing < 6; ++missing) micros *= 10;
    rest_.remove_prefix(digits);
    return micros;
  }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  static bool is_digit(char character) { return character >= '0' && character <= '9'; }

  std::string_view rest_;
};

// Seconds east of UTC.
std::optional<std::int64_t> read_offset(Reader& reader) {
  if (reader.skip('Z') || reader.skip('z')) return 0;
  const bool west = reader.skip('-');
  if (!west && !reader.skip('+')) return std::nullopt;
  const auto hours = reader.number(2);
  if (!hours || !reader.skip(':')) return std::nullopt;
  const auto minutes = reader.number(2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::int64_t seconds = *hours * 3600 + *minutes * 60;
  return west ? -seconds : seconds;
}

std::optional<std::int64_t> read_day(Reader& reader) {
  const auto year = reader.number(4);
  if (!year || !reader.skip('-')) return std::nullopt;
  const auto month = reader.number(2);
  if (!month || !reader.skip('-')) return std::nullopt;
  const auto day = reader.number(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

std::optional<Timestamp> read_date_time(std::string_view text) {
  Reader reader(text);
  const auto day = read_day(reader);
  if (!day || !(reader.skip('T') || reader.skip('t'))) return std::nullopt;
  const auto hour = reader.number(2);
  if (!hour || !reader.skip(':')) return std::nullopt;
  const auto minute = reader.number(2);
  if (!minute || !reader.skip(':')) return std::nullopt;
  const auto second = reader.number(2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::int64_t fraction = 0;
  if (reader.skip('.')) {
    const auto read = reader.fraction();
    if (!read) return std::nullopt;
    fraction = *read;
  }
  const auto offset = read_offset(reader);
  if (!offset || !reader.at_end()) return std::nullopt;

  const std::int64_t seconds = *day * kSecondsPerDay + *hour * 3600 + *minute * 60 + *second - *offset;
  // A leap second ends a UTC day; our scale has none, so it is the first second of the next.
  if (*second == 60 && seconds % kSecondsPerDay != 0) return std::nullopt;
  const std::int64_t micros = seconds * kMicrosPerSecond + fraction;
  if (micros < kMinMicros || micros > kMaxMicros) return std::nullopt;
  return Timestamp{micros};
}

}  // namespace

Timestamp SystemClock::now() const {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
}

std::string to_rfc3339(Timestamp time) {
  // Years beyond four digits have no RFC 3339 form: the nearest that has one stands for them.
  const std::chrono::microseconds since_epoch(std::clamp(time.micros, kMinMicros, kMaxMicros));
  const auto days = std::chrono::floor<std::chrono::days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::chrono::hh_mm_ss clock(since_epoch - days);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
  const auto time = read_date_time(text);
  if (!time) {
    return fail(ErrorKind::Invalid, "time.invalid", "this is not a date and time, or the date does not exist",
                "write it as RFC 3339 with an offset, such as 2026-03-01T12:30:00Z or 2026-03-01T13:30:00+01:00");
  }
  return *time;
}

}  // namespace weft
