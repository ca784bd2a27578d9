// A column's type as far as filters and casts must know it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft {

struct ColumnType {
  enum class Kind {
    Boolean,
    Integer,  // TINYINT … UHUGEINT; the name tells which
    Float,
    Double,
    Decimal,
    Text,
    Enum,  // compared as its text
    Blob,
    Date,
    Time,
    Timestamp,
    TimestampNs,
    TimestampTz,
    Uuid,
    Other,  // nested, JSON, INTERVAL, …: can be selected, and tested for NULL
  };
  Kind kind = Kind::Other;
  std::string name;  // as SQL has it, made here: never text from outside; empty for Other and Enum
  int width = 0;     // Decimal: digits; Integer: bits
  int scale = 0;     // Decimal
  enum class Sign { Signed, Unsigned } sign = Sign::Signed;

  [[nodiscard]] bool is_text() const { return kind == Kind::Text || kind == Kind::Enum; }
  bool operator==(const ColumnType&) const = default;
};

// DuckDB's words → type. What it does not know is Other.
[[nodiscard]] ColumnType parse_column_type(std::string_view text);

// The type that `column::cast` gives, PostgreSQL's names and DuckDB's. Casts that make no sense between these types are
// refused; one that a single value may not survive (text → integer) is allowed, and fails when it meets that value.
// Errors: `data.unknown_type`, `data.cast`.
[[nodiscard]] Result<ColumnType> resolve_cast(const ColumnType& from, std::string_view column, std::string_view cast);

}  // namespace weft
