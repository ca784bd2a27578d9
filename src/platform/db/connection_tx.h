// A transaction on a borrowed connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "platform/db/database.h"
#include "platform/db/sql.h"
#include "platform/db/sql_connection.h"

namespace weft {

class ConnectionTx final : public SqlTx {
 public:
  struct Lender {
    // Called once, when the transaction is over, with a connection that may have become unusable.
    std::function<void(std::unique_ptr<SqlConnection>)> give_back;
    // Called around a commit that changes verdicts: others may see it at any moment in between. May be empty.
    std::function<void()> verdicts_changing, verdicts_changed;
  };

  // REQUIRES: `connection` has begun. The observer outlives the transaction.
  ConnectionTx(std::unique_ptr<SqlConnection> connection, Lender lender, const StatementObserver& observer);
  ~ConnectionTx() override;

  Result<std::vector<SqlRow>> query(const Statement& statement, const SqlParams& params) override;
  Result<std::int64_t> execute(const Statement& statement, const SqlParams& params) override;
  Result<void> commit() override;

 private:
  enum class State { Open, Failed, Over };

  Result<SqlAnswer> run(const Statement& statement, const SqlParams& params);
  void end();

  std::unique_ptr<SqlConnection> connection_;
  Lender lender_;
  const StatementObserver& observer_;
  State state_ = State::Open;
  bool changed_verdicts_ = false;
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
