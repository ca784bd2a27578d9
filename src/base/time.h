// Points in time: microseconds since the Unix epoch, UTC. Whatever needs "now" takes a Clock or a Timestamp.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft {

struct Timestamp {
  std::int64_t micros = 0;
  auto operator<=>(const Timestamp&) const = default;
  [[nodiscard]] Timestamp plus_seconds(std::int64_t seconds) const { return {micros + seconds * 1'000'000}; }
};

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override;
};

// Also where `value` lies before the epoch. REQUIRES: by > 0.
[[nodiscard]] constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

// RFC 3339 in UTC with microseconds: `2026-03-01T12:30:00.000000Z`.
[[nodiscard]] std::string to_rfc3339(Timestamp time);

// Any RFC 3339 date-time with offset; a fraction beyond microseconds is cut.
// Errors: `time.invalid` when it is not one or the date does not exist.
[[nodiscard]] Result<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace weft
