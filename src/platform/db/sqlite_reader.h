// Reading what a SQLite file that belongs to somebody else says of its tables. Never writes. For our own metadata see
// sqlite_connection.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace weft {

// Thread-compatible. No other SQLite library of the process may have the file open meanwhile: closing it here ends the
// locks of all. Errors of all functions are the store's owner's to read: `data_store.unreadable`, `data_store.busy`,
// `data_store.unreachable`; their detail is SQLite's own words.
class SqliteReader {
 public:
  using Row = std::vector<std::optional<std::string>>;

  // Opens it and looks whether it is a database.
  [[nodiscard]] static Result<std::unique_ptr<SqliteReader>> open(const std::filesystem::path& file);
  virtual ~SqliteReader() = default;

  // A small answer, all of it as text. `params` are bound as text.
  [[nodiscard]] virtual Result<std::vector<Row>> query(const std::string& sql, const std::vector<std::string>& params) = 0;
  // Another one once anybody has written to the database since.
  [[nodiscard]] virtual Result<std::string> version() = 0;
  // A copy of the whole database as it is at one instant. Errors: also `worker.disk`.
  [[nodiscard]] virtual Result<void> copy_to(const std::filesystem::path& target) = 0;
  // The rows of a table, counted; nullopt when that is not done in time.
  [[nodiscard]] virtual Result<std::optional<std::int64_t>> count_rows(const std::string& table, std::chrono::milliseconds patience) = 0;
};

}  // namespace weft
