// Which sums make up a range of time: whole hours in its middle, whole seconds beside them, single hits at its ends. Of old
// hits only the hour is known, so they count at its beginning: ranges that meet still count each hit once. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "mesh/usage/usage_store.h"

namespace weft {

inline constexpr std::int64_t kSecondMicros = 1'000'000;
inline constexpr std::int64_t kHourMicros = 3'600 * kSecondMicros;

// From `begin` on, before `end`, in µs; empty where they meet.
struct MicrosRange {
  std::int64_t begin = 0, end = 0;
  [[nodiscard]] bool empty() const { return begin >= end; }
  bool operator==(const MicrosRange&) const = default;
};

// The parts are disjoint and together are the range. Each of `edges` lies within one second.
struct UsageWindow {
  MicrosRange hours;
  std::vector<MicrosRange> seconds, edges;
};

// REQUIRES: `exact_from` is a whole hour.
[[nodiscard]] UsageWindow usage_window(std::optional<Timestamp> from, std::optional<Timestamp> to, Timestamp exact_from = {});

// The hits of one second, as they stand in the store.
struct InstantSum {
  std::int64_t offset = 0;  // µs within the second
  std::int64_t hits = 0, rows = 0, bytes = 0;
  bool operator==(const InstantSum&) const = default;
};
[[nodiscard]] std::string to_text(const std::vector<InstantSum>& instants);
// What can't be read is left out: the text is our own.
[[nodiscard]] std::vector<InstantSum> parse_instants(std::string_view text);

}  // namespace weft
