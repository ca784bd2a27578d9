// One connection to a metadata store, as the adapters for SQLite and PostgreSQL provide it. Not what use cases see: they
// have a Tx (database.cpp puts one around a connection).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/transaction.h"
#include "platform/db/database.h"
#include "platform/db/sql.h"

namespace weft {

struct SqlAnswer {
  std::vector<SqlRow> rows;
  std::int64_t changed = 0;
};

// A statement that runs longer fails with `store.busy`: none of ours should, and it holds a connection. Migrations are free of it.
inline constexpr std::chrono::milliseconds kMaxStatementTime{60'000};

// What a connection is for. Migrate: one script at a time, without limits of time; on SQLite, foreign keys are checked
// at the end instead of at each statement, since tables are rebuilt there.
enum class ConnectionUse { Read, Write, Migrate };

// Thread-compatible. Errors are those of SqlTx.
class SqlConnection {
 public:
  SqlConnection() = default;
  SqlConnection(const SqlConnection&) = delete;
  SqlConnection& operator=(const SqlConnection&) = delete;
  virtual ~SqlConnection() = default;

  // Opens a transaction; for Read the view is fixed when it returns.
  [[nodiscard]] virtual Result<void> begin() = 0;
  [[nodiscard]] virtual Result<SqlAnswer> run(const Statement& statement, const SqlParams& params) = 0;
  // As Tx::commit(). After an error the transaction is over, too.
  [[nodiscard]] virtual Result<void> commit() = 0;
  virtual void roll_back() = 0;
  // Whether it can be used for another transaction; otherwise it is to be destroyed.
  [[nodiscard]] virtual bool is_usable() const = 0;
};

using Connector = std::function<Result<std::unique_ptr<SqlConnection>>(ConnectionUse use)>;

// The errors that both adapters report. `detail` is for the log and holds no bound values.
[[nodiscard]] Error store_busy(std::string detail);
[[nodiscard]] Error store_unreachable(std::string detail);
[[nodiscard]] Error store_full(std::string detail);
[[nodiscard]] Error store_failed(std::string detail);
[[nodiscard]] Error store_duplicate(std::string detail);
[[nodiscard]] Error store_reference(std::string detail);
[[nodiscard]] Error store_outcome_unknown(std::string detail);

}  // namespace weft
