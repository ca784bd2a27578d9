#include "platform/db/connection_tx.h"

#include <fmt/format.h>

#include <utility>

#include "base/utf8.h"

namespace weft {
namespace {

// What PostgreSQL refuses is refused on SQLite as well, before either sees it.
Result<void> check_texts(const Statement& statement, const SqlParams& params) {
  for (const auto& parameter : params) {
    const auto* const text = std::get_if<std::string>(&parameter.value());
    if (text == nullptr) continue;
    if (text->find('\0') != std::string::npos) {
      return fail(make_error(ErrorKind::Invalid, "store.nul", "A text contains the character U+0000, which can't be kept.")
                      .with_hint("Leave it out.")
                      .with_detail(std::string(statement.name)));
    }
    if (find_invalid_utf8(*text)) {
      return fail(make_error(ErrorKind::Invalid, "store.not_utf8", "A text is not UTF-8.")
                      .with_hint("Send it encoded as UTF-8.")
                      .with_detail(std::string(statement.name)));
    }
  }
  return {};
}

}  // namespace

Observation::Observation(const StatementObserver& observer, std::string_view name)
    : observer_(observer), name_(name), start_(std::chrono::steady_clock::now()) {}

void Observation::end(bool failed) const {
  if (!observer_) return;
  const auto taken = std::chrono::steady_clock::now() - start_;
  observer_(name_, std::chrono::duration_cast<std::chrono::microseconds>(taken).count(), failed);
}

ConnectionTx::ConnectionTx(std::unique_ptr<SqlConnection> connection, Lender lender, const StatementObserver& observer)
    : connection_(std::move(connection)), lender_(std::move(lender)), observer_(observer) {}

ConnectionTx::~ConnectionTx() {
  if (state_ == State::Over) return;
  connection_->roll_back();
  end();
}

Result<std::vector<SqlRow>> ConnectionTx::query(const Statement& statement, const SqlParams& params) {
  auto answer = TRY(run(statement, params));
  return std::move(answer.rows);
}

Result<std::int64_t> ConnectionTx::execute(const Statement& statement, const SqlParams& params) {
  return TRY(run(statement, params)).changed;
}

Result<void> ConnectionTx::commit() {
  if (state_ != State::Open) return fail(store_failed("commit of a transaction that failed or is over"));
  const Observation observation(observer_, "transaction.commit");
  if (changed_verdicts_ && lender_.verdicts_changing) lender_.verdicts_changing();
  auto committed = connection_->commit();
  if (changed_verdicts_ && lender_.verdicts_changed) lender_.verdicts_changed();
  observation.end(!committed);
  // At once: whoever waits for the connection need not wait for our caller's destructors.
  end();
  return committed;
}

Result<SqlAnswer> ConnectionTx::run(const Statement& statement, const SqlParams& params) {
  if (state_ != State::Open) {
    return fail(store_failed(fmt::format("{}: the transaction failed before or is over", statement.name)));
  }
  const Observation observation(observer_, statement.name);
  auto checked = check_texts(statement, params);
  auto answer = checked ? connection_->run(statement, params) : Result<SqlAnswer>(fail(std::move(checked).error()));
  observation.end(!answer);
  // PostgreSQL refuses whatever follows an error; SQLite would go on. A use case must not come to rely on that.
  if (!answer) state_ = State::Failed;
  if (answer && answer->changed > 0 && statement.verdicts == Verdicts::MayChange) changed_verdicts_ = true;
  return answer;
}

void ConnectionTx::end() {
  state_ = State::Over;
  lender_.give_back(std::move(connection_));
}

}  // namespace weft
