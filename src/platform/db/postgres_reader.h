// Reading from a PostgreSQL database that belongs to somebody else: a data store. Never writes: all happens in one
// read-only transaction. For our own metadata see postgres_connection.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft {

struct PostgresLogin {
  std::string socket_folder;  // of the Unix socket on which the server answers
  std::uint16_t port = 5432;
  std::string database, user, password;
  std::chrono::milliseconds patience{20'000};        // for the login, and for each lock
  std::chrono::milliseconds statement_time{60'000};  // of each statement, kept by the server
};

// Thread-compatible. Errors of all functions are the store's owner's to read: see explain_refusal().
class PostgresReader {
 public:
  using Row = std::vector<std::optional<std::string>>;

  [[nodiscard]] static Result<std::unique_ptr<PostgresReader>> connect(const PostgresLogin& login);
  virtual ~PostgresReader() = default;

  // Opens the transaction. Its view is fixed by the first query.
  [[nodiscard]] virtual Result<void> begin() = 0;
  // A small answer, all of it as text. `params` are bound as text ($1, …).
  [[nodiscard]] virtual Result<std::vector<Row>> query(const std::string& sql, const std::vector<std::string>& params) = 0;
  // Starts `COPY (select) TO STDOUT`; then the rows, one by one. `fields` stay valid until the next call; false after the last.
  [[nodiscard]] virtual Result<void> start_copy(const std::string& select) = 0;
  [[nodiscard]] virtual Result<bool> next_row(std::vector<std::optional<std::string_view>>& fields) = 0;
};

// What PostgreSQL's refusal means to the owner of the store. `sqlstate` empty: the server said none.
// Errors: `data_store.password_wrong`, `.password_missing`, `.login_refused`, `.no_such_database`, `.too_many_connections`,
// `.starting`, `.no_such_table`, `.changed`, `.denied`, `.timeout`, `.busy`, `.unreachable` and, for the rest, `.refused`.
[[nodiscard]] Error explain_refusal(std::string_view sqlstate, std::string_view message);

// One line of COPY's text format into its fields, undoing its escapes within `line`.
void split_copy_line(std::string& line, std::vector<std::optional<std::string_view>>& fields);

}  // namespace weft
