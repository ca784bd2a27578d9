// A connection's handle and its one statement at a time.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include "platform/duck/c_api.h"
#include "platform/duck/duck.h"
#include "platform/duck/type.h"

namespace weft::duck {

// Shared by a connection and the cursors it gave.
struct Session {
  std::shared_ptr<DatabaseHandle> database;  // closed after the last connection
  ConnectionHandle connection;
  std::atomic<std::uint64_t> interrupts = 0;
};

[[nodiscard]] Result<StatementHandle> prepare(Session& session, std::string_view sql);
// With its parameters bound.
[[nodiscard]] Result<StatementHandle> prepare(Session& session, std::string_view sql, const std::vector<Value>& params);

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
