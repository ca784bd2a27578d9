#include "platform/db/sqlite_reader.h"

#include <fmt/format.h>

#include <charconv>

#include "platform/db/sqlite_handles.h"

namespace weft {
namespace {

constexpr int kStepsPerLook = 10'000;  // of SQLite's, between two looks at the clock
constexpr int kPatienceForLocks = 5'000;

Error explain(sqlite3* database, const std::string& file) {
  const int code = database == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database);
  auto made = [&](std::string id, std::string_view what, std::string_view hint) {
    return make_error(ErrorKind::Unprocessable, std::move(id), fmt::format("{} {}", file, what))
        .with_hint(std::string(hint))
        .with_detail(database == nullptr ? "" : sqlite3_errmsg(database));
  };
  switch (code) {
    case SQLITE_NOTADB: return made("data_store.unreadable", "is no SQLite database.", "Name the database's own file in the store's path.");
    case SQLITE_CORRUPT:
      return made("data_store.unreadable", "is damaged: SQLite can't read it.", "Check it with PRAGMA integrity_check, or restore it.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return made("data_store.busy", "is locked by another program.", "Try again once it has written.");
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return made("data_store.unreachable", "can't be opened.",
                  "Check that the server's user may read it; where a program that wrote to it was killed, open it once with that program.");
    default: return made("data_store.unreadable", "can't be read.", "Check that it is a SQLite database that the server's user may read.");
  }
}

class Reader final : public SqliteReader {
 public:
  Reader(DatabaseHandle database, std::string file) : database_(std::move(database)), file_(std::move(file)) {
    sqlite3_busy_timeout(database_.get(), kPatienceForLocks);
    sqlite3_progress_handler(database_.get(), kStepsPerLook, &Reader::is_overdue, this);
    // What the file itself defines is not to be trusted with functions.
    sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  }

  Result<std::vector<Row>> query(const std::string& sql, const std::vector<std::string>& params) override {
    deadline_.reset();
    return run(sql, params);
  }

  Result<std::string> version() override {
    const auto rows = TRY(query("PRAGMA data_version", {}));
    return rows.at(0).at(0).value_or("");
  }

  Result<void> copy_to(const std::filesystem::path& target) override {
    deadline_.reset();
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(target.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    const DatabaseHandle copy(raw);
    auto* const backup = opened == SQLITE_OK ? sqlite3_backup_init(raw, "main", database_.get(), "main") : nullptr;
    const int code = backup == nullptr ? SQLITE_CANTOPEN : sqlite3_backup_step(backup, -1);  // all of it under one lock
    sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE) return {};
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
      return fail(ErrorKind::Unprocessable, "data_store.busy", fmt::format("{} is locked by another program.", file_),
                  "Try again once it has written.");
    return fail(make_error(ErrorKind::Unprocessable, "worker.disk", fmt::format("{} is written to, and can't be copied to be read.", file_))
                    .with_hint("Raise the setting workers.disk.")
                    .with_detail(raw == nullptr ? "" : sqlite3_errmsg(raw)));
  }

  Result<std::optional<std::int64_t>> count_rows(const std::string& table, std::chrono::milliseconds patience) override {
    deadline_ = std::chrono::steady_clock::now() + patience;
    std::string quoted;
    for (const char byte : table) quoted += byte == '"' ? std::string("\"\"") : std::string(1, byte);
    // SQLite does count(*) in one step, in which it looks at no clock.
    const auto rows = run(fmt::format("SELECT count(1) FROM \"{}\"", quoted), {});
    if (!rows && sqlite3_errcode(database_.get()) == SQLITE_INTERRUPT) return std::nullopt;
    if (!rows) return fail(rows.error());
    const auto& text = rows->at(0).at(0).value_or("");
    std::int64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
  }

 private:
  Result<std::vector<Row>> run(const std::string& sql, const std::vector<std::string>& params) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) return fail(explain(database_.get(), file_));
    const PreparedStatement statement(raw);
    for (std::size_t i = 0; i < params.size(); ++i)
      sqlite3_bind_text64(raw, static_cast<int>(i) + 1, params[i].data(), params[i].size(), SQLITE_STATIC, SQLITE_UTF8);
    std::vector<Row> rows;
    int code = SQLITE_OK;
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
      auto& row = rows.emplace_back();
      for (int column = 0; column < sqlite3_column_count(raw); ++column) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, column));
        row.emplace_back(text == nullptr ? std::nullopt
                                         : std::optional(std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(raw, column)))));
      }
    }
    if (code != SQLITE_DONE) return fail(explain(database_.get(), file_));
    return rows;
  }

  static int is_overdue(void* self) {
    const auto& deadline = static_cast<Reader*>(self)->deadline_;
    return deadline && std::chrono::steady_clock::now() > *deadline ? 1 : 0;
  }

  DatabaseHandle database_;
  std::string file_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

}  // namespace

Result<std::unique_ptr<SqliteReader>> SqliteReader::open(const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  DatabaseHandle database(raw);
  if (code != SQLITE_OK) return fail(explain(raw, file.filename().string()));
  auto reader = std::make_unique<Reader>(std::move(database), file.filename().string());
  CHECK(reader->query("SELECT count(*) FROM sqlite_master", {}));
  return reader;
}

}  // namespace weft
