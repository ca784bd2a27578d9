#include "mesh/datastore/postgres_type_worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weft {

namespace {

// Raised by the SQL that reads a list.
constexpr std::string_view kRefusalBegin = "The column ", kRefusalEnd = " is declared as a list and holds an array of several dimensions.";

struct KnownType {
  std::string_view name;  // in pg_catalog
  std::string_view type;  // DuckDB's
  std::string_view read;  // with `{}` for the text
  std::string_view compared_as;
};

// PostgreSQL writes `0044-03-15 BC` and `0044-03-15 12:00:00 BC`, DuckDB `0044-03-15 (BC) 12:00:00`.
#define WEFT_WITH_ERA "CASE WHEN ends_with({0}, ' BC') THEN regexp_replace({0}, '^(\\S+)(.*) BC$', '\\1 (BC)\\2') ELSE {0} END"

constexpr auto kKnownTypes = std::to_array<KnownType>({
    {"bool", "BOOLEAN", "CAST({0} AS BOOLEAN)", ""},
    {"int2", "SMALLINT", "CAST({0} AS SMALLINT)", "int2"},
    {"int4", "INTEGER", "CAST({0} AS INTEGER)", "int4"},
    {"int8", "BIGINT", "CAST({0} AS BIGINT)", "int8"},
    {"oid", "BIGINT", "CAST({0} AS BIGINT)", "oid"},
    {"float4", "FLOAT", "CAST({0} AS FLOAT)", "float4"},
    {"float8", "DOUBLE", "CAST({0} AS DOUBLE)", "float8"},
    {"text", "VARCHAR", "{0}", "text"},
    {"varchar", "VARCHAR", "{0}", "text"},
    {"bpchar", "VARCHAR", "{0}", "text"},
    {"name", "VARCHAR", "{0}", "text"},
    {"date", "DATE", "CAST(" WEFT_WITH_ERA " AS DATE)", "date"},
    {"timestamp", "TIMESTAMP", "CAST(" WEFT_WITH_ERA " AS TIMESTAMP)", "timestamp"},
    {"timestamptz", "TIMESTAMP WITH TIME ZONE", "CAST(" WEFT_WITH_ERA " AS TIMESTAMP WITH TIME ZONE)", "timestamptz"},
    {"time", "TIME", "CAST({0} AS TIME)", "time"},
    {"uuid", "UUID", "CAST({0} AS UUID)", ""},
    {"bytea", "BLOB", "unhex(substr({0}, 3))", ""},
    {"json", "JSON", "CAST({0} AS JSON)", ""},
    {"jsonb", "JSON", "CAST({0} AS JSON)", ""},
});

constexpr int kMaxDecimalDigits = 38;
constexpr int kModifierOffset = 4;

PostgresTravel as_text(const std::string& name, std::string_view text, std::string compared_as = {}) {
  return {"VARCHAR", name + "::pg_catalog.text", std::string(text), std::move(compared_as)};
}

PostgresTravel as_json(const std::string& name, std::string_view text) {
  return {"JSON", fmt::format("pg_catalog.to_json({})", name), fmt::format("CAST({} AS JSON)", text), ""};
}

PostgresTravel numeric(const std::string& name, std::string_view text, int modifier) {
  const int declared = modifier - kModifierOffset;
  const int precision = declared >> 16;
  const int scale = ((declared & 0x7ff) ^ 1024) - 1024;  // 11 bits, the first of them its sign
  if (declared < 0 || precision > kMaxDecimalDigits || scale < 0 || scale > precision) return as_text(name, text, "numeric");
  const auto type = fmt::format("DECIMAL({},{})", precision, scale);
  return {type, name, fmt::format("CAST({} AS {})", text, type), "numeric"};
}

PostgresTravel travel_of_one(const PostgresColumn& column, const std::string& name, std::string_view text) {
  if (column.kind == PostgresColumn::Kind::Composite) return as_json(name, text);
  if (column.kind == PostgresColumn::Kind::Other) return as_text(name, text);
  if (column.type == "numeric") return numeric(name, text, column.modifier);
  const auto* const known = std::ranges::find(kKnownTypes, column.type, &KnownType::name);
  if (known == kKnownTypes.end()) return as_text(name, text);
  // PostgreSQL itself counts the blanks that fill up a char(n) as nothing.
  return {std::string(known->type), column.type == "bpchar" ? name + "::pg_catalog.text" : name,
          fmt::format(fmt::runtime(known->read), text), std::string(known->compared_as)};
}

std::string in_quotes(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char byte : text) {
    if (byte == quote) result += quote;
    result += byte;
  }
  return result + quote;
}

// The elements travel as texts in JSON's notation for a list, so that none of them becomes one of JSON's numbers.
PostgresTravel travel_of_array(const PostgresColumn& column, const std::string& name, std::string_view text) {
  const auto element = travel_of_one(column, "", "x");
  if (column.dimensions > 1 || element.type == "JSON" || element.type == "BLOB") return as_json(name, text);
  const auto refusal = fmt::format("{}{}{}", kRefusalBegin, column.name, kRefusalEnd);
  auto read = fmt::format("CAST(CAST(CASE WHEN starts_with({0}, '[[') THEN error({1}) ELSE {0} END AS JSON) AS VARCHAR[])", text,
                          in_quotes(refusal, '\''));
  if (element.read != "x") read = fmt::format("list_transform({}, lambda x: {})", read, element.read);
  return {element.type + "[]", fmt::format("pg_catalog.array_to_json({}::pg_catalog.text[])", name), std::move(read), ""};
}

}  // namespace

std::string own_refusal_in(std::string_view failure) {
  constexpr std::string_view kRaised = "Invalid Input Error: ";
  failure = failure.substr(0, failure.find("\n\nLINE "));
  if (!failure.starts_with(kRaised)) return {};
  failure.remove_prefix(kRaised.size());
  return failure.starts_with(kRefusalBegin) && failure.ends_with(kRefusalEnd) ? std::string(failure) : std::string();
}

std::string quote_postgres(std::string_view identifier) { return in_quotes(identifier, '"'); }

PostgresTravel travel_of(const PostgresColumn& column, std::string_view text) {
  const auto name = quote_postgres(column.name);
  return column.dimensions > 0 ? travel_of_array(column, name, text) : travel_of_one(column, name, text);
}

}  // namespace weft
