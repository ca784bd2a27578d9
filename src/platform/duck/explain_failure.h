// DuckDB's words for the people who wrote the SQL or keep the data. Not for the log: that takes an error's detail as it is.
#pragma once

#include "base/result.h"

namespace weft::duck {

// The error with its detail, which DuckDB wrote, moved into the message as far as it may be kept and mailed: what is wrong
// with SQL, whole; of what went wrong on rows only the place (line, column, type), never a value, which may be personal.
[[nodiscard]] Error explain_failure(Error error);

}  // namespace weft::duck
