// The metadata store in a file: SQLite with a write-ahead log, each commit synced to the disk.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "platform/db/sql_connection.h"

namespace weft {

struct SqliteOptions {
  std::filesystem::path path;  // made with mode 0600 when it is missing
  // How long to wait for another process at the same file; within this one, the pool keeps order.
  std::chrono::milliseconds wait{10'000};
  std::chrono::milliseconds statement_time = kMaxStatementTime;
};

// Errors: `store.unreachable`, `store.unreadable`.
[[nodiscard]] Result<std::unique_ptr<SqlConnection>> open_sqlite(const SqliteOptions& options, ConnectionUse use);

}  // namespace weft
