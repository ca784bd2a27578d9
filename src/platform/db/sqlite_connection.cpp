#include "platform/db/sqlite_connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "platform/db/sqlite_handles.h"
#include "platform/db/statement_cache.h"

namespace weft {
namespace {

constexpr Statement kBeginRead{"transaction.begin", "BEGIN"};
constexpr Statement kFixView{"transaction.begin", "SELECT 1 FROM sqlite_schema LIMIT 1"};
constexpr Statement kBeginWrite{"transaction.begin", "BEGIN IMMEDIATE"};
constexpr Statement kCommit{"transaction.commit", "COMMIT"};
constexpr Statement kRollBack{"transaction.roll_back", "ROLLBACK"};

// How many of SQLite's steps lie between two looks at the clock.
constexpr int kStepsPerLook = 50'000;

// Resets a statement however its run ends: until then it holds locks and pointers to the parameters.
class StatementRun {
 public:
  explicit StatementRun(sqlite3_stmt* statement) : statement_(statement) {}
  StatementRun(const StatementRun&) = delete;
  StatementRun& operator=(const StatementRun&) = delete;
  ~StatementRun() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

int bind(sqlite3_stmt* statement, int position, const SqlValue& parameter) {
  if (const auto* const integer = std::get_if<std::int64_t>(&parameter.value())) {
    return sqlite3_bind_int64(statement, position, *integer);
  }
  if (const auto* const text = std::get_if<std::string>(&parameter.value())) {
    return sqlite3_bind_text64(statement, position, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, position);
}

// nullopt when a column holds what we don't keep: a floating-point number or a blob.
std::optional<SqlRow> read_row(sqlite3_stmt* statement) {
  std::vector<std::variant<std::monostate, std::int64_t, std::string>> columns(static_cast<std::size_t>(sqlite3_column_count(statement)));
  for (std::size_t index = 0; index < columns.size(); ++index) {
    const int column = static_cast<int>(index);
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_NULL: break;
      case SQLITE_INTEGER: columns[index] = sqlite3_column_int64(statement, column); break;
      case SQLITE_TEXT: {
        const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
        columns[index] = std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
        break;
      }
      default: return std::nullopt;
    }
  }
  return SqlRow(std::move(columns));
}

class SqliteConnection final : public SqlConnection {
 public:
  SqliteConnection(DatabaseHandle database, ConnectionUse use, std::chrono::milliseconds statement_time)
      : database_(std::move(database)), use_(use), statement_time_(statement_time) {
    if (use_ != ConnectionUse::Migrate) {
      sqlite3_progress_handler(database_.get(), kStepsPerLook, &SqliteConnection::is_overdue, this);
    }
  }

  Result<void> begin() override {
    if (use_ != ConnectionUse::Read) {
      CHECK(run(kBeginWrite, {}));
      return {};
    }
    CHECK(run(kBeginRead, {}));
    if (auto fixed = run(kFixView, {}); !fixed) {
      roll_back();
      return fail(std::move(fixed).error());
    }
    return {};
  }

  Result<SqlAnswer> run(const Statement& statement, const SqlParams& params) override {
    sqlite3_stmt* const prepared = TRY(prepare(statement));
    if (static_cast<std::size_t>(sqlite3_bind_parameter_count(prepared)) != params.size()) {
      return fail(store_failed(
          fmt::format("{}: {} parameters are bound, it has {}", statement.name, params.size(), sqlite3_bind_parameter_count(prepared))));
    }
    const StatementRun running(prepared);
    for (std::size_t index = 0; index < params.size(); ++index) {
      if (bind(prepared, static_cast<int>(index) + 1, params[index]) != SQLITE_OK) return fail(error_of(statement));
    }

    deadline_ = std::chrono::steady_clock::now() + statement_time_;
    const auto changes_before = sqlite3_total_changes64(database_.get());
    SqlAnswer answer;
    int code = SQLITE_OK;
    while ((code = sqlite3_step(prepared)) == SQLITE_ROW) {
      auto row = read_row(prepared);
      if (!row) {
        return fail(store_failed(fmt::format("{}: a column is neither an integer nor text", statement.name)));
      }
      answer.rows.push_back(*std::move(row));
    }
    if (code != SQLITE_DONE) return fail(error_of(statement));
    // What is not INSERT, UPDATE or DELETE leaves the count of the statement before it.
    if (sqlite3_total_changes64(database_.get()) != changes_before) answer.changed = sqlite3_changes64(database_.get());
    return answer;
  }

  Result<void> commit() override {
    auto committed = run(kCommit, {});
    if (committed) return {};
    const bool disk_failed = (sqlite3_errcode(database_.get()) & 0xFF) == SQLITE_IOERR;
    roll_back();
    // The log may hold the whole transaction although syncing it failed: should the machine stop now, the next start
    // would find it there.
    if (disk_failed) return fail(store_outcome_unknown(committed.error().detail));
    return fail(std::move(committed).error());
  }

  void roll_back() override {
    // Some failures have rolled back already.
    if (is_in_transaction()) static_cast<void>(run(kRollBack, {}));
  }

  bool is_usable() const override { return !is_in_transaction(); }

 private:
  bool is_in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

  // Not zero stops the statement.
  static int is_overdue(void* self) { return std::chrono::steady_clock::now() > static_cast<SqliteConnection*>(self)->deadline_ ? 1 : 0; }

  Result<sqlite3_stmt*> prepare(const Statement& statement) {
    if (auto* const known = statements_.find(statement.text)) return known->get();
    const char* tail = nullptr;
    auto prepared = TRY(compile(statement, statement.text, &tail));
    const auto rest = statement.text.substr(static_cast<std::size_t>(tail - statement.text.data()));
    const auto second = TRY(compile(statement, rest, &tail));
    if (prepared == nullptr || second != nullptr) {
      return fail(store_failed(fmt::format("{}: its text is not one statement", statement.name)));
    }
    sqlite3_stmt* const handle = prepared.get();
    statements_.insert(std::string(statement.text), std::move(prepared));
    return handle;
  }

  Result<PreparedStatement> compile(const Statement& statement, std::string_view text, const char** tail) {
    sqlite3_stmt* handle = nullptr;
    if (sqlite3_prepare_v3(database_.get(), text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT, &handle, tail) !=
        SQLITE_OK) {
      return fail(error_of(statement));
    }
    return PreparedStatement(handle);
  }

  // SQLite's messages name tables, columns and constraints, never values.
  Error error_of(const Statement& statement) const {
    const int code = sqlite3_extended_errcode(database_.get());
    auto detail = fmt::format("{}: {} (SQLite error {})", statement.name, sqlite3_errmsg(database_.get()), code);
    switch (code) {
      case SQLITE_CONSTRAINT_UNIQUE:
      case SQLITE_CONSTRAINT_PRIMARYKEY:
      case SQLITE_CONSTRAINT_ROWID: return store_duplicate(std::move(detail));
      case SQLITE_CONSTRAINT_FOREIGNKEY: return store_reference(std::move(detail));
      default: break;
    }
    switch (code & 0xFF) {
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
      case SQLITE_INTERRUPT: return store_busy(std::move(detail));
      case SQLITE_FULL: return store_full(std::move(detail));
      default: return store_failed(std::move(detail));
    }
  }

  DatabaseHandle database_;
  ConnectionUse use_;
  std::chrono::milliseconds statement_time_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  StatementCache<PreparedStatement> statements_;  // after database_: goes before it
};

Error open_error(const SqliteOptions& options, sqlite3* database, int code) {
  auto detail = fmt::format("{} (SQLite error {})", database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database), code);
  if ((code & 0xFF) == SQLITE_NOTADB || (code & 0xFF) == SQLITE_CORRUPT) {
    auto error = make_error(ErrorKind::Internal, "store.unreadable",
                            fmt::format("{} is not a SQLite database, or it is damaged.", options.path.string()));
    error.hint = "Restore it from a backup, or start with another data directory.";
    return std::move(error).with_detail(std::move(detail));
  }
  auto error = store_unreachable(std::move(detail));
  error.message = fmt::format("The metadata store {} can't be opened: {}.", options.path.string(),
                              database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database));
  error.hint = "Look whether its directory exists, may be written by this user and has room.";
  return error;
}

// It holds password hashes: nobody else may read it. SQLite gives the log the mode of the file. One that is there is not
// touched: to close any descriptor of it would drop the locks by which other processes know that this one uses it, and the
// last of those to leave would take the log away from under us.
Result<void> make_private_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return {};
  if (file < 0) {
    auto error = store_unreachable(std::strerror(errno));
    error.message = fmt::format("The metadata store {} can't be opened: {}.", path.string(), std::strerror(errno));
    error.hint = "Look whether its directory exists and may be written by this user.";
    return fail(std::move(error));
  }
  ::close(file);
  return {};
}

// Who turns a new file into one with a log needs it for himself, and for that SQLite does not wait by itself.
int execute_patiently(sqlite3* handle, const std::string& settings, std::chrono::milliseconds wait) {
  constexpr std::chrono::milliseconds kPause{5};
  const auto until = std::chrono::steady_clock::now() + wait;
  while (true) {
    const int code = sqlite3_exec(handle, settings.c_str(), nullptr, nullptr, nullptr);
    if ((code & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() >= until) return code;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

Result<std::unique_ptr<SqlConnection>> open_sqlite(const SqliteOptions& options, ConnectionUse use) {
  CHECK(make_private_file(options.path));
  sqlite3* handle = nullptr;
  // One thread at a time has it: SQLite's own mutex would only cost.
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  // Absolute, so that no name is taken for a URI.
  const int opened = sqlite3_open_v2(std::filesystem::absolute(options.path).c_str(), &handle, kFlags, nullptr);
  DatabaseHandle database(handle);
  if (opened != SQLITE_OK) return fail(open_error(options, handle, opened));

  sqlite3_busy_timeout(handle, static_cast<int>(options.wait.count()));
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);  // "x" is a name, never a text
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  std::string settings =
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;"
      "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
      "PRAGMA case_sensitive_like = ON;";  // as on PostgreSQL
  settings += use == ConnectionUse::Migrate ? "PRAGMA foreign_keys = OFF;" : "PRAGMA foreign_keys = ON;";
  if (use == ConnectionUse::Read) settings += "PRAGMA query_only = ON;";
  if (const int code = execute_patiently(handle, settings, options.wait); code != SQLITE_OK) return fail(open_error(options, handle, code));

  auto connection = std::make_unique<SqliteConnection>(std::move(database), use, options.statement_time);
  // On file systems without shared memory SQLite keeps its old journal in silence; readers would block the writer.
  const auto journal = TRY(connection->run({"sqlite.journal_mode", "PRAGMA journal_mode"}, {}));
  if (journal.rows.empty() || journal.rows.front().text(0) != "wal") {
    auto error = store_unreachable("journal_mode is not wal");
    error.message = fmt::format("The file system of {} can't hold a metadata store with a write-ahead log.", options.path.string());
    error.hint = "Put the data directory on a local disk.";
    return fail(std::move(error));
  }
  return connection;
}

}  // namespace weft
