#include "platform/duck/snapshot_sql.h"

#include <fmt/format.h>

namespace weft::duck {
namespace {

constexpr int kRowGroupRows = 122'880;

}  // namespace

std::string portable_select_item(const Column& column) {
  const auto name = quote_identifier(column.name);
  const auto cast = portable_type_cast(column);
  return cast.empty() ? name : fmt::format("CAST({} AS {}) AS {}", name, cast, name);
}

std::string copy_to_parquet(std::string_view select, std::string_view target) {
  // No bloom filters: DuckDB 1.5 looks a BLOB up in them by its escaped text, and finds no row where there are some.
  return fmt::format("COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {}, WRITE_BLOOM_FILTER false)", select,
                     quote_literal(target), kRowGroupRows);
}

}  // namespace weft::duck
