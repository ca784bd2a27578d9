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
  return fmt::format("COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {})", select, quote_literal(target), kRowGroupRows);
}

}  // namespace weft::duck
