// Time zones by IANA name, read from the system's zoneinfo files (TZif, RFC 8536). The standard library of g++ 12 has
// none. A zone keeps what its file said when it was read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace weft {

// A moment on the clock on the wall: seconds since 1970-01-01T00:00:00 as that clock shows it.
using LocalSeconds = std::int64_t;
// The same for UTC.
using UtcSeconds = std::int64_t;

// The yearly rule at the end of a TZif file, a POSIX TZ string such as `CET-1CEST,M3.5.0,M10.5.0/3`.
struct YearlyRule {
  struct Day {
    enum class Form { Month, Julian, ZeroBased } form = Form::ZeroBased;
    int month = 0, week = 0, weekday = 0;  // Month: the week-th weekday; week 5 is the last
    int day = 0;                           // Julian: 1 to 365, February 29 never counts; ZeroBased: 0 to 365
    std::int64_t seconds = 0;              // after midnight; may be negative or beyond a day
  };
  std::int64_t standard_offset = 0;  // seconds east of UTC
  struct Summer {
    std::int64_t offset = 0;
    Day begins;  // on the clock of standard time
    Day ends;    // on the clock of summer time
  };
  std::optional<Summer> summer;
};

// nullopt when the text is none.
[[nodiscard]] std::optional<YearlyRule> parse_yearly_rule(std::string_view text);

class TimeZone {
 public:
  static TimeZone utc() { return TimeZone(); }
  // `Europe/Berlin`. Errors: `time_zone.unknown` for a name that the system does not have (UTC it always has).
  [[nodiscard]] static Result<TimeZone> load(std::string_view name);
  // The bytes of a TZif file. Errors: `time_zone.damaged`.
  [[nodiscard]] static Result<TimeZone> parse(std::string_view bytes);

  // Seconds east of UTC.
  [[nodiscard]] std::int64_t offset_at(UtcSeconds utc) const;
  [[nodiscard]] LocalSeconds to_local(UtcSeconds utc) const { return utc + offset_at(utc); }

  // When the clock on the wall shows `local`: once as a rule; twice when it was set back over it; never when it was set
  // forward over it: then `moments` is empty and `after_gap` the moment at which it was.
  struct Moments {
    std::vector<UtcSeconds> moments;  // ascending
    UtcSeconds after_gap = 0;
  };
  [[nodiscard]] Moments moments_of(LocalSeconds local) const;

  struct Change {
    UtcSeconds at = 0;
    std::int64_t before = 0, after = 0;  // offsets
  };
  // The changes of the offset in [from, to), ascending. REQUIRES: the span is at most a few years.
  [[nodiscard]] std::vector<Change> changes(UtcSeconds from, UtcSeconds to) const;

 private:
  TimeZone() = default;

  std::int64_t first_offset_ = 0;   // before the first of changes_
  std::vector<Change> changes_;     // from the file, ascending
  std::optional<YearlyRule> rule_;  // holds after the last of changes_
};

// Days since 1970-01-01 in the Gregorian calendar, and back.
[[nodiscard]] std::int64_t days_of(std::int64_t year, int month, int day);
struct CalendarDay {
  std::int64_t year = 1970;
  int month = 1, day = 1;
  int weekday = 4;  // 0: Sunday
};
[[nodiscard]] CalendarDay calendar_day(std::int64_t days);

}  // namespace weft
