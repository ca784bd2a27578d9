#include "mesh/delivery/content_range.h"

namespace weft {

Result<PageStatus> page_status(const RowPage& page, std::int64_t rows, std::optional<std::int64_t> total) {
  if (total && page.offset > *total) {
    return fail(ErrorKind::RangeNotSatisfiable, "data.range",
                fmt::format("An offset of {} was requested, but there are only {} rows.", page.offset, *total));
  }
  PageStatus status;
  const auto range = rows > 0 ? fmt::format("{}-{}", page.offset, page.offset + rows - 1) : "*";
  status.content_range = total ? fmt::format("{}/{}", range, *total) : fmt::format("{}/*", range);
  if (total && rows < *total) status.status = 206;
  return status;
}

Result<void> require_single(std::int64_t rows) {
  if (rows == 1) return {};
  // Beyond the second nobody counts.
  return fail(ErrorKind::NotAcceptable, "data.not_single", rows == 0 ? "The result contains 0 rows" : "The result contains 2 or more rows",
              "Filter by a key, or ask for application/json to get a list.");
}

}  // namespace weft
