// SQL on the metadata store: named statements, bound parameters, plain rows. Included by `_sql` adapters only.
//
// One text serves SQLite and PostgreSQL: parameters are written `?` (never inside a literal) and bound in order; columns
// are bigint, smallint or text; times are µs; bytes travel as base64url. NUL in bound text is refused (`store.nul`).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "base/transaction.h"

namespace weft {

// `name` appears in logs and metrics: `subscription.find_open`.
struct Statement {
  std::string_view name;
  std::string_view text;
};

// A bound parameter. Optionals bind NULL.
class SqlValue {
 public:
  SqlValue() = default;  // NULL
  SqlValue(std::nullptr_t) {}
  SqlValue(std::int64_t value) : value_(value) {}
  SqlValue(int value) : value_(static_cast<std::int64_t>(value)) {}
  SqlValue(bool value) : value_(static_cast<std::int64_t>(value ? 1 : 0)) {}
  SqlValue(std::string value) : value_(std::move(value)) {}
  SqlValue(std::string_view value) : value_(std::string(value)) {}
  SqlValue(const char* value) : value_(std::string(value)) {}
  SqlValue(Timestamp time) : value_(time.micros) {}
  template <typename Tag>
  SqlValue(const Id<Tag>& id) : value_(id.text()) {}
  template <typename T>
  SqlValue(const std::optional<T>& value) {
    if (value) *this = SqlValue(*value);
  }

  [[nodiscard]] const std::variant<std::monostate, std::int64_t, std::string>& value() const { return value_; }

 private:
  std::variant<std::monostate, std::int64_t, std::string> value_;
};

using SqlParams = std::vector<SqlValue>;

// One row of an answer; columns are read by position, in the order of the SELECT list. Reading a column as another type
// than it has is a bug (it throws std::logic_error, which ends as a 500).
class SqlRow {
 public:
  explicit SqlRow(std::vector<std::variant<std::monostate, std::int64_t, std::string>> columns) : columns_(std::move(columns)) {}
  [[nodiscard]] bool is_null(std::size_t column) const;
  [[nodiscard]] std::int64_t integer(std::size_t column) const;
  [[nodiscard]] const std::string& text(std::size_t column) const;
  [[nodiscard]] bool boolean(std::size_t column) const { return integer(column) != 0; }
  [[nodiscard]] Timestamp time(std::size_t column) const { return {integer(column)}; }
  [[nodiscard]] std::optional<std::int64_t> optional_integer(std::size_t column) const;
  [[nodiscard]] std::optional<std::string> optional_text(std::size_t column) const;
  [[nodiscard]] std::optional<Timestamp> optional_time(std::size_t column) const;
  template <typename IdType>
  [[nodiscard]] IdType id(std::size_t column) const {
    return IdType(text(column));
  }

 private:
  std::vector<std::variant<std::monostate, std::int64_t, std::string>> columns_;
};

// A Tx that speaks SQL. Every Tx of a SQL Transactor is one.
// Errors: `store.duplicate` (Conflict: a unique constraint; the detail names it), `store.reference` (Conflict: a foreign
// key), `store.busy` (Unavailable), `store.failed` (Internal). Bound values never appear in any of them.
class SqlTx : public Tx {
 public:
  [[nodiscard]] virtual Result<std::vector<SqlRow>> query(const Statement& statement, const SqlParams& params) = 0;
  // The number of rows that were changed.
  [[nodiscard]] virtual Result<std::int64_t> execute(const Statement& statement, const SqlParams& params) = 0;

  [[nodiscard]] Result<std::optional<SqlRow>> query_one(const Statement& statement, const SqlParams& params);
};

// REQUIRES: `tx` was begun by a SQL Transactor.
[[nodiscard]] inline SqlTx& sql(Tx& tx) { return static_cast<SqlTx&>(tx); }

}  // namespace weft
