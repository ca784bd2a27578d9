// DuckDB's errors as ours.
#pragma once

#include <duckdb.h>

#include <string>

#include "base/result.h"

namespace weft::duck {

// What the writer of the SQL caused is Invalid or Unprocessable with an id of its own; everything else is
// `query.failed`, Internal. DuckDB's text goes to the detail: it may name files, columns and values.
[[nodiscard]] Error query_error(duckdb_error_type type, std::string text);
// For the calls that give a text without a type: the type is read from the text's first words (`Binder Error: …`).
[[nodiscard]] Error query_error(std::string text);

}  // namespace weft::duck
