// The metadata store in a PostgreSQL database, for several replicas.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "platform/db/sql_connection.h"

namespace weft {

struct PostgresOptions {
  std::string url;
  std::chrono::milliseconds wait{10'000};  // for locks that other transactions hold
  std::chrono::milliseconds statement_time = kMaxStatementTime;
};

// A connection for Migrate holds, as long as it lives, the lock that keeps other servers from migrating the same database.
// Errors: `store.url`, `store.unreachable`, `store.unreadable`.
[[nodiscard]] Result<std::unique_ptr<SqlConnection>> open_postgres(const PostgresOptions& options, ConnectionUse use);

}  // namespace weft
