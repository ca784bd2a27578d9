#include "platform/db/postgres_reader.h"

#include <fmt/format.h>
#include <poll.h>
#include <postgresql/libpq-fe.h>

#include <array>
#include <cerrno>

#include "base/utf8.h"

namespace weft {
namespace {

using std::chrono::steady_clock;

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
struct FreeText {
  void operator()(char* text) const { PQfreemem(text); }
};
using ConnectionHandle = std::unique_ptr<PGconn, CloseConnection>;
using AnswerHandle = std::unique_ptr<PGresult, ClearResult>;

constexpr int kOldestServer = 100'000;
constexpr int kChecksForLostClients = 140'000;

// A refused login has no result to ask for its state. In a verbose text it stands between severity and message:
// `FATAL:  28P01: password authentication failed for user "x"`, then `LOCATION:  …`.
Error refused_login(PGconn* connection) {
  if (PQconnectionNeedsPassword(connection) != 0) {
    return make_error(ErrorKind::Unprocessable, "data_store.password_missing", "PostgreSQL asks for a password, and the store has none.")
        .with_hint("Set the store's secret to the password of its user.");
  }
  std::string_view text = PQerrorMessage(connection);
  constexpr std::size_t kStateSize = 5;
  for (auto colon = text.find(": "); colon != std::string_view::npos; colon = text.find(": ", colon + 1)) {
    auto at = text.find_first_not_of(' ', colon + 1);
    if (at == std::string_view::npos || text.size() < at + kStateSize + 2) break;
    const auto state = text.substr(at, kStateSize);
    if (state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos || text[at + kStateSize] != ':') continue;
    auto message = text.substr(at + kStateSize + 1);
    message = message.substr(0, message.find('\n'));
    message.remove_prefix(std::min(message.find_first_not_of(' '), message.size()));
    return explain_refusal(state, message);
  }
  return make_error(ErrorKind::Unprocessable, "data_store.unreachable",
                    fmt::format("PostgreSQL does not answer as it should: {}", shorten(text.substr(0, text.find('\n')), 1000)))
      .with_hint("Check host and port of the store.");
}

class Reader final : public PostgresReader {
 public:
  Reader(ConnectionHandle connection, const PostgresLogin& login) : connection_(std::move(connection)), login_(login) {
    const char* encoding = PQparameterStatus(connection_.get(), "server_encoding");
    unchecked_ = encoding == nullptr || std::string_view(encoding) == "SQL_ASCII";
  }

  Result<void> begin() override {
    // A server that works for nobody shall see it: we may be killed at any time.
    if (PQserverVersion(connection_.get()) >= kChecksForLostClients)
      const AnswerHandle ignored(PQexec(connection_.get(), "SET client_connection_check_interval = '1s'"));
    // Settings live as long as the transaction, so that a pooler between us hands nothing on to others.
    return run(
        fmt::format("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}; "
                    "SET LOCAL standard_conforming_strings = on; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; "
                    "SET LOCAL TimeZone = 'UTC'; "
                    "SET LOCAL extra_float_digits = 3; SET LOCAL bytea_output = 'hex'; SET LOCAL xmloption = 'content'",
                    login_.statement_time.count(), login_.patience.count()));
  }

  Result<std::vector<Row>> query(const std::string& sql, const std::vector<std::string>& params) override {
    std::vector<const char*> values;
    for (const auto& param : params) values.push_back(param.c_str());
    const AnswerHandle answer(
        PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0));
    if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK && PQresultStatus(answer.get()) != PGRES_COMMAND_OK)
      return fail(refusal(answer.get()));
    std::vector<Row> rows;
    for (int row = 0; row < PQntuples(answer.get()); ++row) {
      auto& fields = rows.emplace_back();
      for (int column = 0; column < PQnfields(answer.get()); ++column) {
        if (PQgetisnull(answer.get(), row, column) != 0)
          fields.emplace_back();
        else
          fields.emplace_back(
              std::string(PQgetvalue(answer.get(), row, column), static_cast<std::size_t>(PQgetlength(answer.get(), row, column))));
        if (unchecked_ && fields.back() && find_invalid_utf8(*fields.back())) return not_utf8();
      }
    }
    return rows;
  }

  Result<void> start_copy(const std::string& select) override {
    const AnswerHandle answer(PQexec(connection_.get(), fmt::format("COPY ({}) TO STDOUT", select).c_str()));
    if (PQresultStatus(answer.get()) != PGRES_COPY_OUT) return fail(refusal(answer.get()));
    return {};
  }

  Result<bool> next_row(std::vector<std::optional<std::string_view>>& fields) override {
    char* raw = nullptr;
    const int size = PQgetCopyData(connection_.get(), &raw, 0);
    const std::unique_ptr<char, FreeText> held(raw);
    if (size > 0) {
      line_.assign(raw, static_cast<std::size_t>(size));
      if (unchecked_ && find_invalid_utf8(line_)) return not_utf8();
      split_copy_line(line_, fields);
      return true;
    }
    if (size < -1) return fail(explain_refusal("08006", PQerrorMessage(connection_.get())));
    // The end, good or bad.
    std::optional<Error> failure;
    while (const AnswerHandle answer{PQgetResult(connection_.get())})
      if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK && !failure) failure = refusal(answer.get());
    if (failure) return fail(std::move(*failure));
    return false;
  }

 private:
  Result<void> run(const std::string& sql) {
    const AnswerHandle answer(PQexec(connection_.get(), sql.c_str()));
    if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) return fail(refusal(answer.get()));
    return {};
  }

  [[nodiscard]] Error refusal(const PGresult* answer) const {
    const char* const state = PQresultErrorField(answer, PG_DIAG_SQLSTATE);
    const char* const message = PQresultErrorField(answer, PG_DIAG_MESSAGE_PRIMARY);
    if (message == nullptr) return explain_refusal("08006", PQerrorMessage(connection_.get()));
    return explain_refusal(state == nullptr ? "" : state, message);
  }

  static std::unexpected<Error> not_utf8() {
    return fail(ErrorKind::Unprocessable, "data_store.unreadable",
                "The database has the encoding SQL_ASCII and holds text that is not UTF-8.",
                "Map a view that converts the text: convert_from(column::bytea, 'LATIN1').");
  }

  ConnectionHandle connection_;
  const PostgresLogin login_;
  bool unchecked_ = false;  // nobody has looked at the encoding of what comes
  std::string line_;
};

}  // namespace

Result<std::unique_ptr<PostgresReader>> PostgresReader::connect(const PostgresLogin& login) {
  const auto port = std::to_string(login.port);
  const auto names = std::to_array<const char*>(
      {"host", "port", "dbname", "user", "password", "sslmode", "gssencmode", "client_encoding", "application_name", "passfile", nullptr});
  const auto values = std::to_array<const char*>({login.socket_folder.c_str(), port.c_str(), login.database.c_str(), login.user.c_str(),
                                                  login.password.c_str(), "disable", "disable", "UTF8", "weft", "/dev/null", nullptr});
  ConnectionHandle connection(PQconnectStartParams(names.data(), values.data(), 0));
  if (!connection) return fail(ErrorKind::Internal, "data_store.unreachable", "There is no memory for a connection.");
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  const auto until = steady_clock::now() + login.patience;
  auto state = PGRES_POLLING_WRITING;
  while (PQstatus(connection.get()) != CONNECTION_BAD && state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()).count();
    pollfd waiting{PQsocket(connection.get()), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (rest <= 0 || (::poll(&waiting, 1, static_cast<int>(rest)) == 0)) {
      return fail(ErrorKind::Unprocessable, "data_store.unreachable", "PostgreSQL accepts the connection but does not finish the login.",
                  "Check host and port of the store, and whether the server is overloaded.");
    }
    state = PQconnectPoll(connection.get());
  }
  if (state != PGRES_POLLING_OK) return fail(refused_login(connection.get()));
  if (PQserverVersion(connection.get()) < kOldestServer) {
    return fail(ErrorKind::Unprocessable, "data_store.too_old", "The server is older than PostgreSQL 10.",
                "Upgrade it, or export its tables.");
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
  PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
  return std::make_unique<Reader>(std::move(connection), login);
}

}  // namespace weft
