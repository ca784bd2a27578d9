#include "mesh/delivery/column_type.h"

#include <charconv>

#include "base/utf8.h"

namespace weft {

namespace {

using Kind = ColumnType::Kind;
using Sign = ColumnType::Sign;

struct NamedType {
  std::string_view name;
  Kind kind;
  int width = 0;
  Sign sign = Sign::Signed;
};

// DuckDB's own names, as a schema has them.
constexpr std::array kTypes = {
    NamedType{"BOOLEAN", Kind::Boolean},
    NamedType{"TINYINT", Kind::Integer, 8},
    NamedType{"SMALLINT", Kind::Integer, 16},
    NamedType{"INTEGER", Kind::Integer, 32},
    NamedType{"BIGINT", Kind::Integer, 64},
    NamedType{"HUGEINT", Kind::Integer, 128},
    NamedType{"UTINYINT", Kind::Integer, 8, Sign::Unsigned},
    NamedType{"USMALLINT", Kind::Integer, 16, Sign::Unsigned},
    NamedType{"UINTEGER", Kind::Integer, 32, Sign::Unsigned},
    NamedType{"UBIGINT", Kind::Integer, 64, Sign::Unsigned},
    NamedType{"UHUGEINT", Kind::Integer, 128, Sign::Unsigned},
    NamedType{"FLOAT", Kind::Float},
    NamedType{"DOUBLE", Kind::Double},
    NamedType{"VARCHAR", Kind::Text},
    NamedType{"BLOB", Kind::Blob},
    NamedType{"DATE", Kind::Date},
    NamedType{"TIME", Kind::Time},
    NamedType{"TIMESTAMP", Kind::Timestamp},
    NamedType{"TIMESTAMP_S", Kind::Timestamp},
    NamedType{"TIMESTAMP_MS", Kind::Timestamp},
    NamedType{"TIMESTAMP_NS", Kind::TimestampNs},
    NamedType{"TIMESTAMP WITH TIME ZONE", Kind::TimestampTz},
    NamedType{"UUID", Kind::Uuid},
};

// What may stand behind `::`, and the name above that it means.
struct CastName {
  std::string_view name, type;
};
constexpr std::array kCastNames = {
    CastName{"text", "VARCHAR"},
    CastName{"varchar", "VARCHAR"},
    CastName{"character varying", "VARCHAR"},
    CastName{"string", "VARCHAR"},
    CastName{"int2", "SMALLINT"},
    CastName{"int", "INTEGER"},
    CastName{"int4", "INTEGER"},
    CastName{"int8", "BIGINT"},
    CastName{"float4", "FLOAT"},
    CastName{"real", "FLOAT"},
    CastName{"float", "DOUBLE"},  // PostgreSQL's float is double precision
    CastName{"float8", "DOUBLE"},
    CastName{"double precision", "DOUBLE"},
    CastName{"bool", "BOOLEAN"},
    CastName{"timestamp without time zone", "TIMESTAMP"},
    CastName{"timestamptz", "TIMESTAMP WITH TIME ZONE"},
    CastName{"boolean", "BOOLEAN"},
    CastName{"tinyint", "TINYINT"},
    CastName{"smallint", "SMALLINT"},
    CastName{"integer", "INTEGER"},
    CastName{"bigint", "BIGINT"},
    CastName{"hugeint", "HUGEINT"},
    CastName{"double", "DOUBLE"},
    CastName{"date", "DATE"},
    CastName{"time", "TIME"},
    CastName{"timestamp", "TIMESTAMP"},
    CastName{"timestamp with time zone", "TIMESTAMP WITH TIME ZONE"},
    CastName{"uuid", "UUID"},
};

const NamedType* find_type(std::string_view name) {
  const auto* found = std::ranges::find(kTypes, name, &NamedType::name);
  return found == kTypes.end() ? nullptr : found;
}

ColumnType make_type(const NamedType& named) { return {named.kind, std::string(named.name), named.width, 0, named.sign}; }

ColumnType make_decimal(int width, int scale) {
  return {Kind::Decimal, fmt::format("DECIMAL({},{})", width, scale), width, scale, Sign::Signed};
}

// `DECIMAL(10,2)`
std::optional<ColumnType> parse_decimal(std::string_view text) {
  if (!text.starts_with("DECIMAL(") || !text.ends_with(")")) return std::nullopt;
  text = text.substr(8, text.size() - 9);
  int width = 0, scale = 0;
  const auto* end = text.data() + text.size();
  auto [comma, problem] = std::from_chars(text.data(), end, width);
  if (problem != std::errc() || comma == end || *comma != ',') return std::nullopt;
  auto [rest, problem_of_scale] = std::from_chars(comma + 1, end, scale);
  if (problem_of_scale != std::errc() || rest != end) return std::nullopt;
  if (width < 1 || width > 38 || scale < 0 || scale > width) return std::nullopt;
  return make_decimal(width, scale);
}

bool is_number(Kind kind) { return kind == Kind::Integer || kind == Kind::Float || kind == Kind::Double || kind == Kind::Decimal; }
bool is_timestamp(Kind kind) { return kind == Kind::Timestamp || kind == Kind::TimestampNs || kind == Kind::TimestampTz; }

bool may_cast(const ColumnType& from, const ColumnType& to) {
  if (from == to || to.kind == Kind::Text) return true;
  if (from.is_text()) return to.kind != Kind::Blob && to.kind != Kind::Other;
  if (is_number(from.kind)) return is_number(to.kind);
  if (from.kind == Kind::Boolean) return to.kind == Kind::Integer;
  if (from.kind == Kind::Date) return is_timestamp(to.kind);
  if (is_timestamp(from.kind))
    return is_timestamp(to.kind) || to.kind == Kind::Date || (to.kind == Kind::Time && from.kind != Kind::TimestampTz);
  return false;
}

// PostgreSQL's numeric has no fixed digits and DuckDB's DECIMAL does: only what keeps all of them is a numeric here.
std::optional<ColumnType> exact_numeric(const ColumnType& from) {
  if (from.kind == Kind::Decimal) return from;
  if (from.kind != Kind::Integer || from.width > 64) return std::nullopt;
  return make_decimal(from.width == 64 ? 20 : 10, 0);
}

std::string_view shown(const ColumnType& type) {
  return type.kind == Kind::Enum ? "ENUM" : type.name.empty() ? "this type" : std::string_view(type.name);
}

}  // namespace

ColumnType parse_column_type(std::string_view text) {
  if (const auto* named = find_type(text)) return make_type(*named);
  if (auto decimal = parse_decimal(text)) return *std::move(decimal);
  ColumnType type;
  if (text.starts_with("ENUM(") && text.ends_with(")")) type.kind = Kind::Enum;
  return type;
}

Result<ColumnType> resolve_cast(const ColumnType& from, std::string_view column, std::string_view cast) {
  auto refuse = [&](std::string_view to, std::string hint) {
    return fail(ErrorKind::Invalid, "data.cast",
                fmt::format("cannot cast column \"{}\" of type {} to {}", shorten(column, 80), shown(from), to), std::move(hint));
  };
  if (cast == "numeric" || cast == "decimal") {
    if (auto numeric = exact_numeric(from)) return *std::move(numeric);
    return refuse(cast, "Only integers and decimals become numeric without a loss; use ::float8 or ::text.");
  }
  const auto* name = std::ranges::find(kCastNames, cast, &CastName::name);
  if (name == kCastNames.end()) {
    return fail(ErrorKind::Invalid, "data.unknown_type", fmt::format("type \"{}\" does not exist", shorten(cast, 80)),
                "Types are text, int2, int4, int8, float4, float8, numeric, bool, date, time, timestamp, timestamptz and uuid.");
  }
  auto to = make_type(*find_type(name->type));
  if (!may_cast(from, to)) return refuse(to.name, "Every column can be cast to text.");
  return to;
}

}  // namespace weft
