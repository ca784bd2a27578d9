// A connection's handle and its one statement at a time.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/duck/c_api.h"
#include "platform/duck/duck.h"
#include "platform/duck/type.h"

namespace weft::duck {

// Statements that a connection has prepared, the last ones by their text. A few, so they stand in a row.
class PreparedStatements {
 public:
  // Null: not among them. Belongs to this.
  [[nodiscard]] duckdb_prepared_statement find(std::string_view sql);
  // The same, once kept; the one that was not used longest goes.
  duckdb_prepared_statement keep(std::string_view sql, StatementHandle statement);

 private:
  std::vector<std::pair<std::string, StatementHandle>> statements_;  // the one that was used last is last
};

// Shared by a connection and the cursors it gave.
struct Session {
  std::shared_ptr<DatabaseHandle> database;  // closed after the last connection
  ConnectionHandle connection;
  PreparedStatements prepared;
  std::atomic<std::uint64_t> interrupts = 0;
};

[[nodiscard]] Result<StatementHandle> prepare(Session& session, std::string_view sql);
// With its parameters bound.
[[nodiscard]] Result<StatementHandle> prepare(Session& session, std::string_view sql, const std::vector<Value>& params);
// The same, but the session keeps it for the next time.
[[nodiscard]] Result<duckdb_prepared_statement> prepare_and_keep(Session& session, std::string_view sql, const std::vector<Value>& params);

struct Shape {
  std::vector<Column> columns;
  std::vector<Type> types;
};
[[nodiscard]] Shape shape_of(duckdb_prepared_statement statement);
[[nodiscard]] Shape shape_of(duckdb_result* result);

[[nodiscard]] Result<std::unique_ptr<Cursor>> open_cursor(std::shared_ptr<Session> session, std::string_view sql,
                                                          const std::vector<Value>& params);

// See Connection::offer_rows.
[[nodiscard]] Result<void> register_feed(Session& session, const std::string& name, RowFeed& feed);

}  // namespace weft::duck
