// Content-Range and the status that goes with it, as PostgREST has them.
#pragma once

#include "mesh/delivery/plan_read.h"

namespace weft {

struct PageStatus {
  int status = 200;           // 206 when a count was asked for and the page is not all of it
  std::string content_range;  // `0-9/*`, `0-9/336776`, `*/0`
  bool operator==(const PageStatus&) const = default;
};

// `rows`: in the answer; `total`: those that match, where a count was asked for.
// Errors: `data.range` (416): the page begins behind the last row. Its Content-Range is `*/<total>`.
[[nodiscard]] Result<PageStatus> page_status(const RowPage& page, std::int64_t rows, std::optional<std::int64_t> total);

// Whether the answer is the one object that was asked for; `rows`: in the answer. Errors: `data.not_single` (406).
[[nodiscard]] Result<void> require_single(std::int64_t rows);

}  // namespace weft
