// The only place that starts DuckDB's streaming results: both ways to do it are deprecated in the C API, so a successor
// goes here.
#pragma once

#include "base/result.h"
#include "platform/duck/c_api.h"

namespace weft::duck {

class ResultStream {
 public:
  // Runs the statement, whose parameters are bound, up to its first rows.
  [[nodiscard]] static Result<ResultStream> start(duckdb_prepared_statement statement);

  // The next rows; an empty handle after the last.
  [[nodiscard]] Result<ChunkHandle> next();

  [[nodiscard]] duckdb_result* result() { return result_.get(); }

 private:
  ResultHandle result_;
};

}  // namespace weft::duck
