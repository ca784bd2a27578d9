#include "mesh/datastore/postgres_table_worker.h"

#include <charconv>
#include <set>

#include "base/ascii.h"

namespace weft {

namespace {

// Of a table `c`, with those below it (partitions, heirs): what the last ANALYZE found, else what has been counted since.
#define WEFT_ROW_ESTIMATE                                                                                         \
  "(WITH RECURSIVE part(oid) AS (SELECT c.oid UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN part p " \
  "ON i.inhparent = p.oid) SELECT sum(CASE WHEN k.reltuples > 0 THEN k.reltuples::pg_catalog.int8 "               \
  "WHEN k.relkind <> 'f' AND pg_catalog.pg_relation_size(k.oid) = 0 THEN 0 "                                      \
  "ELSE nullif(pg_catalog.pg_stat_get_live_tuples(k.oid), 0) END)::pg_catalog.int8 "                              \
  "FROM part JOIN pg_catalog.pg_class k ON k.oid = part.oid WHERE k.relkind IN ('r', 'm', 'f'))"

// Shortened: thousands of tables, or columns, must fit into one answer of a worker.
#define WEFT_TABLE_COMMENT(most) "left(coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), ''), " most ")"

// Temporary tables are other sessions' own.
#define WEFT_TABLES                                                                      \
  "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace " \
  "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' "            \
  "AND n.nspname <> 'information_schema' AND left(n.nspname::pg_catalog.text, 3) <> 'pg_' "

#define WEFT_READABLE                                    \
  "pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND " \
  "(pg_catalog.has_table_privilege(c.oid, 'SELECT') OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT'))"

constexpr auto kList =
    "SELECT n.nspname, c.relname, " WEFT_ROW_ESTIMATE
    ", " WEFT_TABLE_COMMENT("200") " " WEFT_TABLES "AND NOT c.relispartition AND " WEFT_READABLE " ORDER BY n.nspname, c.relname LIMIT ";

constexpr auto kFind = "SELECT c.oid, " WEFT_ROW_ESTIMATE
                       ", " WEFT_TABLE_COMMENT("10000") ", " WEFT_READABLE " " WEFT_TABLES
                                                        "AND n.nspname::pg_catalog.text = $1 AND c.relname::pg_catalog.text = $2";

constexpr auto kFindSchema = "SELECT 1 FROM pg_catalog.pg_namespace n WHERE n.nspname::pg_catalog.text = $1";

// A domain's column takes modifier, dimensions and NOT NULL of the domain, and its domain's, to the type at the bottom.
// (Dimensions are smallint since PostgreSQL 17, integer before.)
constexpr auto kColumns = R"(
WITH RECURSIVE col AS (
  SELECT a.attnum, a.attname, a.atttypid, a.atttypmod, a.atttypid AS typ, a.atttypmod AS modifier,
         a.attndims::pg_catalog.int4 AS dims, a.attnotnull AS never, 0 AS depth
  FROM pg_catalog.pg_attribute a
  WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')
  UNION ALL
  SELECT c.attnum, c.attname, c.atttypid, c.atttypmod, d.typbasetype,
         CASE WHEN c.modifier >= 0 THEN c.modifier ELSE d.typtypmod END, greatest(c.dims, d.typndims), c.never OR d.typnotnull,
         c.depth + 1
  FROM col c JOIN pg_catalog.pg_type d ON d.oid = c.typ WHERE d.typtype = 'd'
)
SELECT DISTINCT ON (c.attnum)
  c.attname,
  pg_catalog.format_type(c.atttypid, c.atttypmod),
  CASE WHEN b.typnamespace = 'pg_catalog'::pg_catalog.regnamespace THEN b.typname::pg_catalog.text ELSE '' END,
  b.typtype,
  c.modifier,
  CASE WHEN e.oid IS NULL THEN 0 ELSE greatest(c.dims, 1) END,
  c.never,
  (SELECT pg_catalog.array_position(k.conkey, c.attnum) FROM pg_catalog.pg_constraint k
   WHERE k.conrelid = $1::pg_catalog.oid AND k.contype = 'p'),
  left(coalesce(pg_catalog.col_description($1::pg_catalog.oid, c.attnum), ''), 1000),
  r.nspname, r.relname, r.attname
FROM col c
JOIN pg_catalog.pg_type y ON y.oid = c.typ
LEFT JOIN pg_catalog.pg_type e ON e.oid = y.typelem AND y.typcategory = 'A' AND y.typlen = -1
JOIN pg_catalog.pg_type b ON b.oid = coalesce(e.oid, y.oid)
LEFT JOIN LATERAL (
  SELECT n.nspname, t.relname, a.attname
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class t ON t.oid = k.confrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid = k.confrelid AND a.attnum = k.confkey[pg_catalog.array_position(k.conkey, c.attnum)]
  WHERE k.conrelid = $1::pg_catalog.oid AND k.contype = 'f' AND c.attnum = ANY (k.conkey)
  ORDER BY k.conname LIMIT 1
) r ON true
ORDER BY c.attnum, c.depth DESC)";

std::optional<std::int64_t> number_of(const std::optional<std::string>& field) {
  std::int64_t number = 0;
  if (!field || std::from_chars(field->data(), field->data() + field->size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

PostgresTable::Column column_from(const PostgresReader::Row& row) {
  PostgresTable::Column column;
  column.column.name = row[0].value_or("");
  column.column.native_type = row[1].value_or("");
  column.column.type = row[2].value_or("");
  column.column.kind = row[3] == "b"   ? PostgresColumn::Kind::Base
                       : row[3] == "c" ? PostgresColumn::Kind::Composite
                                       : PostgresColumn::Kind::Other;
  column.column.modifier = static_cast<int>(number_of(row[4]).value_or(-1));
  column.column.dimensions = static_cast<int>(number_of(row[5]).value_or(0));
  column.null = row[6] == "t" ? PostgresTable::Column::Null::Never : PostgresTable::Column::Null::Allowed;
  if (const auto position = number_of(row[7])) column.key_position = static_cast<int>(*position);
  column.comment = row[8].value_or("");
  if (row[9]) column.references = {*row[9], *row[10], *row[11]};
  return column;
}

// DuckDB and Parquet's readers take `A` and `a` for the same.
Result<void> check_names(const PostgresTable& table) {
  std::set<std::string> names;
  for (const auto& column : table.columns) {
    if (names.insert(lower_case(column.column.name)).second) continue;
    return fail(
        ErrorKind::Unprocessable, "data_store.unreadable",
        fmt::format("{}.{} has two columns that differ in upper and lower case only: '{}'.", table.schema, table.name, column.column.name),
        "Map a view that gives one of them another name.");
  }
  if (!table.columns.empty()) return {};
  return fail(ErrorKind::Unprocessable, "data_store.unreadable", fmt::format("{}.{} has no columns.", table.schema, table.name),
              "Map another table.");
}

}  // namespace

std::string PostgresTable::sql() const { return quote_postgres(schema) + "." + quote_postgres(name); }

Result<json::array> list_postgres_tables(PostgresReader& reader, std::size_t most) {
  json::array tables;
  const auto rows = TRY(reader.query(kList + std::to_string(most), {}));
  for (const auto& row : rows) {
    json::object table{{"schema", row[0].value_or("")}, {"name", row[1].value_or("")}, {"comment", row[3].value_or("")}};
    if (const auto estimate = number_of(row[2])) table["row_estimate"] = *estimate;
    tables.push_back(std::move(table));
  }
  return tables;
}

Result<void> hold_postgres_table(PostgresReader& reader, std::string_view schema, std::string_view table) {
  CHECK(reader.query("SAVEPOINT before_hold", {}));
  const auto held = reader.query(fmt::format("LOCK TABLE {}.{} IN ACCESS SHARE MODE", quote_postgres(schema), quote_postgres(table)), {});
  if (held) return {};
  if (held.error().id == "data_store.busy" || held.error().id == "data_store.timeout") return fail(held.error());
  // A foreign table, say, or a right to some columns only. What is truly wrong comes up in what follows.
  CHECK(reader.query("ROLLBACK TO SAVEPOINT before_hold", {}));
  return {};
}

Result<void> check_postgres_schemas(PostgresReader& reader, const std::vector<std::string>& schemas) {
  for (const auto& schema : schemas) {
    if (!TRY(reader.query(kFindSchema, {schema})).empty()) return {};
  }
  if (schemas.empty()) return {};
  return fail(ErrorKind::NotFound, "data_store.no_such_schema",
              fmt::format("The store has no schema '{}'.", fmt::join(schemas, "' and no schema '")),
              "Upper and lower case count. Browse the store's tables, or have the store's rights changed.");
}

Result<PostgresTable> describe_postgres_table(PostgresReader& reader, std::string_view schema, std::string_view name) {
  PostgresTable table;
  table.schema = schema;
  table.name = name;
  const auto found = TRY(reader.query(kFind, {table.schema, table.name}));
  if (found.empty()) {
    CHECK(check_postgres_schemas(reader, {table.schema}));
    return fail(ErrorKind::NotFound, "data_store.no_such_table",
                fmt::format("The store has no table '{}' in the schema '{}'.", name, schema), "Browse the store's tables for the names.");
  }
  if (found[0][3] != "t") {
    return fail(ErrorKind::Unprocessable, "data_store.denied", fmt::format("The store's user may not read {}.{}.", schema, name),
                fmt::format("Grant it: USAGE on the schema {}, SELECT on {}.", quote_postgres(schema), table.sql()));
  }
  table.oid = found[0][0].value_or("");
  table.row_estimate = number_of(found[0][1]);
  table.comment = found[0][2].value_or("");
  const auto columns = TRY(reader.query(kColumns, {table.oid}));
  for (const auto& row : columns) table.columns.push_back(column_from(row));
  CHECK(check_names(table));
  return table;
}

}  // namespace weft
