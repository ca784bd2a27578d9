// How often something is refreshed: by hand, at an interval, or by cron in a time zone.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace weft {

struct Rate {
  enum class Kind { Manual, Interval, Cron };
  Kind kind = Kind::Manual;
  std::int64_t interval_seconds = 0;  // Interval: 60 s to 366 days
  std::string cron;                   // five fields
  std::string time_zone = "UTC";      // IANA name

  bool operator==(const Rate&) const = default;
};

// `"manual"`, `{"every":"15m"}` (s, m, h, d) or `{"cron":"0 5 * * *","time_zone":"Europe/Berlin"}`.
// Complaints go to `form` under `field`; absent → Manual.
[[nodiscard]] Rate read_rate(Form& form, std::string_view field);
[[nodiscard]] json::value to_json(const Rate& rate);

// The first due time after `last`; nullopt for Manual. REQUIRES: a rate that read_rate accepted.
[[nodiscard]] std::optional<Timestamp> next_due(const Rate& rate, Timestamp last);

}  // namespace weft
