// Adapter: planned reads on the server's own DuckDB, which opens only Parquet that our workers wrote.
#pragma once

#include "mesh/delivery/row_reader.h"
#include "platform/duck/duck.h"

namespace weft {

struct DuckRowReaderOptions {
  std::filesystem::path spool;      // for answers that have to be whole before their first byte leaves
  std::int64_t resident_bytes = 0;  // of the instance's memory, for snapshots that are read often
  std::int64_t spool_bytes = std::int64_t{1} << 40;
  std::chrono::milliseconds time_limit = std::chrono::hours(1);  // of one step of a read: up to its first rows, then each piece
};

[[nodiscard]] std::unique_ptr<RowReader> make_duck_row_reader(std::shared_ptr<duck::Instance> instance, DuckRowReaderOptions options);

}  // namespace weft
