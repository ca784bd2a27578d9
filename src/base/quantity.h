// Amounts as people write them: durations such as `30s` or `5m`, sizes such as `512MiB`. Always with a unit.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft {

struct ByteSize {
  std::int64_t bytes = 0;
  auto operator<=>(const ByteSize&) const = default;
};

// A whole, non-negative number and a unit: ms, s, m, h, d.
// Errors: `duration.invalid`, also when it does not fit into 292 years.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// The largest unit that leaves a whole number: 90000 ms → `90s`, 120000 ms → `2m`.
[[nodiscard]] std::string to_text(std::chrono::milliseconds duration);

// A whole, non-negative number and a unit: B, KiB, MiB, GiB, TiB, or the decimal kB, MB, GB, TB.
// Errors: `size.invalid`, also when it does not fit into 63 bits.
[[nodiscard]] Result<ByteSize> parse_size(std::string_view text);
[[nodiscard]] std::string to_text(ByteSize size);

}  // namespace weft
