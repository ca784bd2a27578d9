// A transaction on a borrowed connection.
#pragma once

#include <functional>
#include <memory>

#include "platform/db/database.h"
#include "platform/db/sql.h"
#include "platform/db/sql_connection.h"

namespace weft {

class ConnectionTx final : public SqlTx {
 public:
  using GiveBack = std::function<void(std::unique_ptr<SqlConnection>)>;

  // REQUIRES: `connection` has begun. `give_back` is called once, when the transaction is over; it gets a connection
  // that may have become unusable. The observer outlives the transaction.
  ConnectionTx(std::unique_ptr<SqlConnection> connection, GiveBack give_back, const StatementObserver& observer);
  ~ConnectionTx() override;

  Result<std::vector<SqlRow>> query(const Statement& statement, const SqlParams& params) override;
  Result<std::int64_t> execute(const Statement& statement, const SqlParams& params) override;
  Result<void> commit() override;

 private:
  enum class State { Open, Failed, Over };

  Result<SqlAnswer> run(const Statement& statement, const SqlParams& params);
  void end();

  std::unique_ptr<SqlConnection> connection_;
  GiveBack give_back_;
  const StatementObserver& observer_;
  State state_ = State::Open;
};

// Calls `observer`, if there is one, with the time since its making. For begin and commit, too.
class Observation {
 public:
  Observation(const StatementObserver& observer, std::string_view name);
  void end(bool failed) const;

 private:
  const StatementObserver& observer_;
  std::string_view name_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace weft
