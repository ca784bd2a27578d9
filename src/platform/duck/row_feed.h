// Rows that another program hands over while a query runs, as a table function of DuckDB: every column is text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::duck {

// Used by one thread at a time, for one run of one query.
class RowFeed {
 public:
  virtual ~RowFeed() = default;
  [[nodiscard]] virtual std::size_t columns() const = 0;
  // Fills `fields` with the next row (nullopt: NULL; UTF-8; valid until the next call); false after the last.
  [[nodiscard]] virtual Result<bool> next(std::vector<std::optional<std::string_view>>& fields) = 0;
};

}  // namespace weft::duck
