#include "platform/db/postgres_connection.h"

#include <fmt/format.h>
#include <postgresql/libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "platform/db/sql_text.h"
#include "platform/db/statement_cache.h"

namespace weft {
namespace {

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ConnectionHandle = std::unique_ptr<PGconn, CloseConnection>;
using AnswerHandle = std::unique_ptr<PGresult, ClearResult>;

// Types by their fixed numbers in pg_type.
enum TypeNumber : Oid {
  kUnspecified = 0,
  kBool = 16,
  kName = 19,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kVarchar = 1043,
  kNumeric = 1700,
  kVoid = 2278,
};

constexpr int kOldestServer = 130'000;
constexpr std::string_view kMigrationLock = "8243109524816521831";  // one of our own among all advisory locks
constexpr std::chrono::milliseconds kMaxIdleWrite{15'000};
constexpr std::chrono::milliseconds kMaxIdleRead{300'000};
constexpr std::chrono::minutes kMaxMigrationWait{10};
constexpr std::size_t kMaxParameters = 65'535;

// The type that PostgreSQL is told. A small number is int4, which becomes any other integer by itself; int8 would fit no
// function that takes an int4, and an untyped one counts as text in a SELECT list.
Oid type_of(const SqlValue& parameter) {
  switch (parameter.kind()) {
    case SqlValue::Kind::Text: return kText;
    case SqlValue::Kind::Integer: {
      const auto* const integer = std::get_if<std::int64_t>(&parameter.value());
      return integer == nullptr || std::in_range<std::int32_t>(*integer) ? kInt4 : kInt8;
    }
    case SqlValue::Kind::Unknown: break;
  }
  return kUnspecified;
}

// Parameters as libpq wants them; points into the SqlParams.
class BoundParameters {
 public:
  explicit BoundParameters(const SqlParams& params) {
    numbers_.reserve(params.size());  // their addresses must stay
    for (const auto& parameter : params) {
      types_.push_back(type_of(parameter));
      if (const auto* const integer = std::get_if<std::int64_t>(&parameter.value())) {
        numbers_.push_back(std::to_string(*integer));
        values_.push_back(numbers_.back().c_str());
      } else if (const auto* const text = std::get_if<std::string>(&parameter.value())) {
        values_.push_back(text->c_str());
      } else {
        values_.push_back(nullptr);
      }
    }
  }
  [[nodiscard]] int count() const { return static_cast<int>(values_.size()); }
  [[nodiscard]] const char* const* values() const { return values_.data(); }
  [[nodiscard]] const std::vector<Oid>& types() const { return types_; }

 private:
  std::vector<std::string> numbers_;
  std::vector<const char*> values_;
  std::vector<Oid> types_;
};

using Column = std::variant<std::monostate, std::int64_t, std::string>;

// nullopt when it is of a type that we don't keep.
std::optional<Column> read_column(const PGresult* answer, int row, int column) {
  if (PQgetisnull(answer, row, column) != 0) return Column();
  const std::string_view text(PQgetvalue(answer, row, column), static_cast<std::size_t>(PQgetlength(answer, row, column)));
  switch (PQftype(answer, column)) {
    case kBool: return Column(std::int64_t{text == "t" ? 1 : 0});
    case kInt2:
    case kInt4:
    case kInt8:
    case kNumeric: {  // what sum() makes of bigints
      std::int64_t integer = 0;
      const auto* const end = text.data() + text.size();
      const auto read = std::from_chars(text.data(), end, integer);
      if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
      return Column(integer);
    }
    case kName:
    case kText:
    case kVarchar: return Column(std::string(text));
    case kVoid: return Column();
    default: return std::nullopt;
  }
}

std::string_view field_of(const PGresult* answer, int field) {
  const char* const text = PQresultErrorField(answer, field);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

class PostgresConnection final : public SqlConnection {
 public:
  PostgresConnection(ConnectionHandle connection, ConnectionUse use) : connection_(std::move(connection)), use_(use) {}

  Result<void> begin() override {
    // Read: one round trip opens the transaction and fixes its view.
    const char* const text = use_ == ConnectionUse::Read ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"
                                                         : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
    const AnswerHandle answer(PQexec(connection_.get(), text));
    if (!succeeded(answer.get())) {
      auto error = error_of("transaction.begin", answer.get());
      roll_back();
      return fail(std::move(error));
    }
    return {};
  }

  Result<SqlAnswer> run(const Statement& statement, const SqlParams& params) override {
    if (params.size() > kMaxParameters) {
      return fail(store_failed(fmt::format("{}: {} parameters are too many", statement.name, params.size())));
    }
    const BoundParameters bound(params);
    const auto prepared = TRY(prepare(statement, bound.types()));
    const AnswerHandle answer(PQexecPrepared(connection_.get(), prepared.c_str(), bound.count(), bound.values(), nullptr, nullptr, 0));
    if (!succeeded(answer.get())) return fail(error_of(statement.name, answer.get()));
    return read_answer(statement, answer.get());
  }

  Result<void> commit() override {
    const AnswerHandle answer(PQexec(connection_.get(), "COMMIT"));
    if (succeeded(answer.get())) {
      // PostgreSQL answers the COMMIT of a failed transaction with success, and the tag ROLLBACK.
      if (std::string_view(PQcmdStatus(answer.get())) == "COMMIT") return {};
      return fail(store_failed("transaction.commit: it was rolled back"));
    }
    auto error = error_of("transaction.commit", answer.get());
    const bool was_refused = field_of(answer.get(), PG_DIAG_SEVERITY_NONLOCALIZED) == "ERROR";
    roll_back();
    if (was_refused || use_ == ConnectionUse::Read) return fail(std::move(error));
    return fail(store_outcome_unknown(std::move(error.detail)));
  }

  void roll_back() override {
    if (PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return;
    const AnswerHandle answer(PQexec(connection_.get(), "ROLLBACK"));
  }

  bool is_usable() const override {
    return !is_stale_ && PQstatus(connection_.get()) == CONNECTION_OK && PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
  }

 private:
  static bool succeeded(const PGresult* answer) {
    const auto status = PQresultStatus(answer);
    return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
  }

  // The name of the prepared statement for `statement` with parameters of these types.
  Result<std::string> prepare(const Statement& statement, const std::vector<Oid>& types) {
    std::string key(statement.text);
    for (const Oid type : types) key += fmt::format("\n{}", type);
    if (const auto* const known = statements_.find(key)) return *known;

    auto name = fmt::format("weft_{}", ++prepared_count_);
    const auto numbered = number_parameters(statement.text);
    if (numbered.parameters != types.size()) {
      return fail(store_failed(fmt::format("{}: {} parameters are bound, it has {}", statement.name, types.size(), numbered.parameters)));
    }
    const AnswerHandle answer(
        PQprepare(connection_.get(), name.c_str(), numbered.text.c_str(), static_cast<int>(types.size()), types.data()));
    if (!succeeded(answer.get())) return fail(error_of(statement.name, answer.get()));
    if (const auto evicted = statements_.insert(std::move(key), name)) {
      const AnswerHandle forgotten(PQexec(connection_.get(), fmt::format("DEALLOCATE {}", *evicted).c_str()));
    }
    return name;
  }

  static Result<SqlAnswer> read_answer(const Statement& statement, PGresult* answer) {
    SqlAnswer read;
    const std::string_view changed(PQcmdTuples(answer));
    // SELECT counts its rows there, too; what changes nothing leaves it empty.
    if (!std::string_view(PQcmdStatus(answer)).starts_with("SELECT")) {
      std::from_chars(changed.data(), changed.data() + changed.size(), read.changed);
    }
    const int rows = PQntuples(answer);
    const int columns = PQnfields(answer);
    read.rows.reserve(static_cast<std::size_t>(rows));
    for (int row = 0; row < rows; ++row) {
      std::vector<Column> values;
      values.reserve(static_cast<std::size_t>(columns));
      for (int column = 0; column < columns; ++column) {
        auto value = read_column(answer, row, column);
        if (!value) {
          return fail(store_failed(
              fmt::format("{}: column {} is neither an integer nor text (type {})", statement.name, column, PQftype(answer, column))));
        }
        values.push_back(*std::move(value));
      }
      read.rows.emplace_back(std::move(values));
    }
    return read;
  }

  Error error_of(std::string_view name, const PGresult* answer) {
    const auto code = field_of(answer, PG_DIAG_SQLSTATE);
    if (code.empty()) {  // libpq's own: the server said nothing
      auto detail = fmt::format("{}: {}", name, PQerrorMessage(connection_.get()));
      return PQstatus(connection_.get()) == CONNECTION_OK ? store_failed(std::move(detail)) : store_unreachable(std::move(detail));
    }
    auto detail = fmt::format("{}: sqlstate {}", name, code);
    if (const auto constraint = field_of(answer, PG_DIAG_CONSTRAINT_NAME); !constraint.empty()) {
      detail += fmt::format(", constraint {}", constraint);
    }
    // Elsewhere the message may quote values. Here it names what is wrong with the statement's text or our rights; a
    // migration has no bound values.
    if (code.starts_with("42") || use_ == ConnectionUse::Migrate) {
      detail += fmt::format(": {}", field_of(answer, PG_DIAG_MESSAGE_PRIMARY));
    }

    if (is_one_of(code, {"23505", "23P01"})) return store_duplicate(std::move(detail));
    if (is_one_of(code, {"23503", "23001"})) return store_reference(std::move(detail));
    // Serialization, deadlock, lock and statement time-outs, too many connections.
    if (is_one_of(code, {"40001", "40P01", "55P03", "57014", "53300"})) return store_busy(std::move(detail));
    // A prepared statement that another replica's migration has outdated: on a fresh connection it is made anew.
    if (is_one_of(code, {"0A000", "26000"})) {
      is_stale_ = true;
      return store_busy(std::move(detail));
    }
    if (code == "53100") return store_full(std::move(detail));
    if (code.starts_with("08") || code.starts_with("57P") || code == "25P03") return store_unreachable(std::move(detail));
    return store_failed(std::move(detail));
  }

  ConnectionHandle connection_;
  ConnectionUse use_;
  StatementCache<std::string> statements_;
  std::int64_t prepared_count_ = 0;
  bool is_stale_ = false;
};

void ignore_notice(void*, const char*) {}

Error unreachable_at_start(std::string message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  // libpq names host, port and user: that is for the log and the terminal, not for whoever asks.
  auto error = store_unreachable(std::move(message));
  error.message = "The metadata store on PostgreSQL can't be reached.";
  error.hint = "Look whether it runs, and whether address, user and password are right.";
  return error;
}

Error unreadable(std::string message, std::string hint) {
  return make_error(ErrorKind::Internal, "store.unreadable", std::move(message)).with_hint(std::move(hint));
}

Result<ConnectionHandle> connect(const std::string& url) {
  // What libpq says about an address that it can't parse may quote the password.
  struct FreeOptions {
    void operator()(PQconninfoOption* parsed) const { PQconninfoFree(parsed); }
  };
  const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(PQconninfoParse(url.c_str(), nullptr));
  if (parsed == nullptr) {
    return fail(ErrorKind::Invalid, "store.url", "The database's address is malformed.",
                "Write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded.");
  }
  // The address comes after what it may override.
  constexpr std::array kNames = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                                 "keepalives_count", "tcp_user_timeout", "application_name",
                                 "dbname",           "client_encoding",  static_cast<const char*>(nullptr)};
  const std::array values = {"5", "10", "5", "3", "30000", "weft", url.c_str(), "UTF8", static_cast<const char*>(nullptr)};
  static_assert(kNames.size() == values.size());
  ConnectionHandle connection(PQconnectdbParams(kNames.data(), values.data(), 1));
  if (PQstatus(connection.get()) != CONNECTION_OK) return fail(unreachable_at_start(PQerrorMessage(connection.get())));
  PQsetNoticeProcessor(connection.get(), ignore_notice, nullptr);
  return connection;
}

Result<void> check_server(const PGconn* connection) {
  if (PQserverVersion(connection) < kOldestServer) {
    return fail(unreadable("The metadata store's PostgreSQL is too old.", "Use PostgreSQL 13 or newer."));
  }
  const char* const encoding = PQparameterStatus(connection, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return fail(unreadable("The metadata store's database is not encoded in UTF-8.",
                           "Create it anew: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."));
  }
  return {};
}

std::string session_settings(const PostgresOptions& options, ConnectionUse use) {
  const bool migrates = use == ConnectionUse::Migrate;
  const auto lock_wait = migrates ? std::chrono::milliseconds(kMaxMigrationWait) : options.wait;
  const auto statement_time = migrates ? std::chrono::milliseconds(0) : options.statement_time;
  // A server that hangs in the middle of a write holds rows that its successor needs.
  const auto idle_time = migrates ? std::chrono::milliseconds(0) : use == ConnectionUse::Write ? kMaxIdleWrite : kMaxIdleRead;
  auto settings = fmt::format(
      "SET lock_timeout = {}; SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {};"
      // A commit that returned is on the disk, whatever the server's default is.
      "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';",
      lock_wait.count(), statement_time.count(), idle_time.count());
  if (migrates) settings += fmt::format("SELECT pg_advisory_lock({})", kMigrationLock);
  return settings;
}

}  // namespace

Result<std::unique_ptr<SqlConnection>> open_postgres(const PostgresOptions& options, ConnectionUse use) {
  auto connection = TRY(connect(options.url));
  CHECK(check_server(connection.get()));
  const AnswerHandle set(PQexec(connection.get(), session_settings(options, use).c_str()));
  if (PQresultStatus(set.get()) != PGRES_TUPLES_OK) {
    if (field_of(set.get(), PG_DIAG_SQLSTATE) == "55P03") {
      auto error = store_busy("migration.lock: sqlstate 55P03");
      error.message = "Another server has been bringing the metadata store's schema forward for 10 minutes.";
      error.hint = "Wait until it is ready, or stop it.";
      return fail(std::move(error));
    }
    return fail(unreachable_at_start(PQerrorMessage(connection.get())));
  }
  return std::make_unique<PostgresConnection>(std::move(connection), use);
}

}  // namespace weft
