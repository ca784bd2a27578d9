// Values of filters: text → a value of the column's type, or the error that PostgreSQL would give. So a bad value is
// found before anything runs, and equal values are equal whatever way they were written.
#pragma once

#include "mesh/delivery/column_type.h"
#include "mesh/delivery/sql_fragment.h"

namespace weft {

struct Literal {
  // What is compared with: a DECIMAL(10,2) column never equals 1.005, but it can be above it.
  enum class Fit {
    Exact,
    JustBelow,  // `value` is the greatest value of the type below the one written
    TooLarge,   // above all values of the type; `value` means nothing
    TooSmall,
  };
  Fit fit = Fit::Exact;
  ReadValue value;
};

// REQUIRES: `type` is not Other. Errors: `data.invalid_value`.
[[nodiscard]] Result<Literal> parse_literal(const ColumnType& type, std::string_view column, std::string_view text);

// The type that a bound literal is cast to: `CAST(? AS DATE)`.
[[nodiscard]] std::string_view literal_type(const ColumnType& type);

}  // namespace weft
