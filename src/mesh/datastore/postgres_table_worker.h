// What pg_catalog tells of a database's tables. No row is read.
#pragma once

#include "base/json.h"
#include "mesh/datastore/postgres_type_worker.h"
#include "platform/db/postgres_reader.h"

namespace weft {

struct PostgresTable {
  struct Reference {
    std::string schema, table, column;
  };
  struct Column {
    PostgresColumn column;
    enum class Null { Allowed, Never } null = Null::Allowed;
    std::optional<int> key_position;
    std::optional<Reference> references;  // by a foreign key
    std::string comment;
  };
  std::string schema, name;
  std::string oid;
  std::optional<std::int64_t> row_estimate;
  std::string comment;
  std::vector<Column> columns;  // those that the user may read

  [[nodiscard]] std::string sql() const;  // "schema"."table"
};

// Tables, partitioned and foreign ones, views and materialised views that the user may read, as `store.tables` answers
// them; not the partitions themselves.
[[nodiscard]] Result<json::array> list_postgres_tables(PostgresReader& reader, std::size_t most);

// That one of them exists; none asked for is fine, too. Errors: `data_store.no_such_schema`.
[[nodiscard]] Result<void> check_postgres_schemas(PostgresReader& reader, const std::vector<std::string>& schemas);

// Keeps the table as it is until the transaction ends, where the user may do that. To be called before the first query:
// what a concurrent TRUNCATE or ALTER TABLE leaves would else be read as if it were older.
[[nodiscard]] Result<void> hold_postgres_table(PostgresReader& reader, std::string_view schema, std::string_view table);

// Errors: `data_store.no_such_table`, `data_store.no_such_schema`, `data_store.denied`, `data_store.unreadable` (no columns, or ambiguous names).
[[nodiscard]] Result<PostgresTable> describe_postgres_table(PostgresReader& reader, std::string_view schema, std::string_view table);

}  // namespace weft
