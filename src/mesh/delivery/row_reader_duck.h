// Adapter: planned reads on the server's own DuckDB, which opens only Parquet that our workers wrote.
#pragma once

#include "mesh/delivery/row_reader.h"
#include "platform/duck/duck.h"

namespace weft {

[[nodiscard]] std::unique_ptr<RowReader> make_duck_row_reader(std::shared_ptr<duck::Instance> instance, std::filesystem::path spool);

}  // namespace weft
