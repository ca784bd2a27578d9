// The metadata store: SQLite in a file (default) or PostgreSQL. Opens it, migrates it forward, hands out transactions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/transaction.h"

namespace weft {

class Clock;

enum class Dialect { Sqlite, Postgres };

// Called after each statement, and after each commit as `transaction.commit`, for metrics and slow-statement logs;
// thread-safe; never sees parameters.
using StatementObserver = std::function<void(std::string_view name, std::int64_t micros, bool failed)>;

struct DatabaseOptions {
  std::string url;  // empty: SQLite at `sqlite_path`; else `postgres://…`
  std::filesystem::path sqlite_path;
  int readers = 4;                 // connections for Read
  int writers = 4;                 // PostgreSQL: connections for Write; SQLite has one
  int wait_milliseconds = 10'000;  // how long begin() waits before `store.busy`
  StatementObserver observer;
};

// REQUIRES: outlives its transactions.
class Database : public Transactor {
 public:
  [[nodiscard]] virtual Dialect dialect() const = 0;
  // A cheap round trip, for readiness.
  [[nodiscard]] virtual Result<void> ping() = 0;
};

// Connects and brings the schema forward: each embedded `migrations/NNNN_*.sql` that the store does not yet record, in
// order, each in its own transaction with its record. A store that is newer than the binary is refused (`store.newer`);
// one whose recorded text differs from the embedded one is refused (`store.migration_changed`). Any number of servers may
// start at once on one PostgreSQL database.
// Errors besides: `store.url`, `store.unreachable`, `store.unreadable` (not a database of ours), `store.migration_failed`.
[[nodiscard]] Result<std::unique_ptr<Database>> open_database(const DatabaseOptions& options, const Clock& clock);

}  // namespace weft
