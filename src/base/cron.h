// When things are due: cron expressions on the clock of a time zone, and intervals. Pure, but for the zone's file.
//
// An expression has five fields: minute (0-59), hour (0-23), day of the month (1-31), month (1-12 or jan-dec), day of
// the week (0-7 or sun-sat; 0 and 7 are Sunday). A field is a list of `*`, a number, a range `1-5`, each with a step
// where wanted: `*/15`, `8-18/2`. When both days are restricted (neither begins with `*`), a day that fits either is
// due. Or one of @hourly, @daily (@midnight), @weekly, @monthly, @yearly (@annually).
//
// When the clock is set, what is due at fixed hours is due exactly once a day:
//  - set forward over its time (02:30 does not exist), it is due at the moment of the change, once however many of its
//    times were skipped;
//  - set back over its time (02:30 exists twice), it is due the first time only.
// What is due in every hour (the hours are all 24) follows the time that passes instead: nothing is made up for, and
// the repeated hour has its runs, too.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/time_zone.h"

namespace weft {

class Cron {
 public:
  // Errors: `cron.invalid`, which names the field and its rule; `cron.never` for days that no year has (February 30).
  [[nodiscard]] static Result<Cron> parse(std::string_view expression);

  // The first due moment after `after`, in `zone`. At most 40 years away (`0 0 29 2 */7`: a Sunday that is February 29);
  // nullopt only beyond the calendar's end.
  [[nodiscard]] std::optional<Timestamp> next(Timestamp after, const TimeZone& zone) const;

 private:
  Cron() = default;
  [[nodiscard]] bool is_due_on(const CalendarDay& day) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> month_days_;  // from 1
  std::bitset<13> months_;      // from 1
  std::bitset<7> week_days_;    // from Sunday
  enum class Days { Both, Either } days_ = Days::Both;
};

// The first of anchor, anchor + every, anchor + 2 × every, … after `after`; `anchor` itself when it lies ahead.
// REQUIRES: every_seconds > 0. nullopt beyond the calendar's end.
[[nodiscard]] std::optional<Timestamp> next_interval(Timestamp anchor, std::int64_t every_seconds, Timestamp after);

}  // namespace weft
