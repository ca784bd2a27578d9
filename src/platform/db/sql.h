// SQL on the metadata store: named statements, bound parameters, plain rows. Included by `_sql` adapters only.
//
// One text serves SQLite and PostgreSQL: parameters are written `?` (never inside a literal) and bound in order; columns
// are bigint, smallint or text; times are µs; bytes travel as base64url. LIKE tells upper from lower case on both and
// needs its ESCAPE spelled out. PostgreSQL computes in 32 bits between two small parameters: `cast(? as bigint) * 60`.
#pragma once

#include <cstddef>
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

// Whether what a statement writes may change a verdict that is remembered while the epoch stands still: who a credential
// belongs to, what he may read, which snapshot that is. Untouched only where the whole table holds nothing of the kind (sums,
// runs, inboxes, the audit log), or where a row more can take no right away (a new session).
enum class Verdicts { MayChange, Untouched };

// `name` appears in logs and metrics: `subscription.find_open`.
struct Statement {
  std::string_view name;
  std::string_view text;
  Verdicts verdicts = Verdicts::MayChange;
};

// A bound parameter. Empty optionals bind NULL, and remember what of: PostgreSQL wants to know where the text around a
// parameter doesn't tell (`? is null or domain = ?`).
class SqlValue {
 public:
  enum class Kind { Unknown, Integer, Text };

  SqlValue() = default;  // NULL
  SqlValue(std::nullptr_t) {}
  SqlValue(std::int64_t value) : value_(value), kind_(Kind::Integer) {}
  SqlValue(int value) : SqlValue(static_cast<std::int64_t>(value)) {}
  SqlValue(bool value) : SqlValue(static_cast<std::int64_t>(value ? 1 : 0)) {}
  SqlValue(std::string value) : value_(std::move(value)), kind_(Kind::Text) {}
  SqlValue(std::string_view value) : SqlValue(std::string(value)) {}
  SqlValue(const char* value) : SqlValue(std::string(value)) {}
  SqlValue(Timestamp time) : SqlValue(time.micros) {}
  template <typename Tag>
  SqlValue(const Id<Tag>& id) : SqlValue(id.text()) {}
  template <typename T>
  SqlValue(const std::optional<T>& value) {
    if (value) {
      *this = SqlValue(*value);
    } else {
      kind_ = SqlValue(T{}).kind_;
    }
  }

  [[nodiscard]] const std::variant<std::monostate, std::int64_t, std::string>& value() const { return value_; }
  [[nodiscard]] Kind kind() const { return kind_; }

 private:
  std::variant<std::monostate, std::int64_t, std::string> value_;
  Kind kind_ = Kind::Unknown;
};

using SqlParams = std::vector<SqlValue>;

// One row of an answer; columns are read by position, in the order of the SELECT list. Reading a column as another type
// than it has is a bug (it throws std::logic_error, which ends as a 500, or as the failure of a job).
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

// A Tx that speaks SQL. Every Tx of a SQL Transactor is one. After an error it can only be destroyed: further statements
// and commit() fail, and nothing of it happened.
// Errors: `store.duplicate` (Conflict: a unique constraint; the detail names it), `store.reference` (Conflict: a foreign
// key), `store.nul` and `store.not_utf8` (Invalid: a bound text that no store can keep), `store.busy` (Unavailable: try
// the whole transaction again), `store.unreachable` (Unavailable), `store.full` (Unavailable: no room on the disk),
// `store.failed` (Internal). Bound values never appear in any of them.
class SqlTx : public Tx {
 public:
  [[nodiscard]] virtual Result<std::vector<SqlRow>> query(const Statement& statement, const SqlParams& params) = 0;
  // The number of rows that were changed.
  [[nodiscard]] virtual Result<std::int64_t> execute(const Statement& statement, const SqlParams& params) = 0;

  // More than one row is `store.failed`: whoever wants any of several says LIMIT 1.
  [[nodiscard]] Result<std::optional<SqlRow>> query_one(const Statement& statement, const SqlParams& params);
};

// REQUIRES: `tx` was begun by a SQL Transactor.
[[nodiscard]] inline SqlTx& sql(Tx& tx) { return static_cast<SqlTx&>(tx); }

// The answer of query_one() or query() as objects; `make` makes a T, or a Result of one, of a row.
template <typename T, typename Make>
[[nodiscard]] Result<std::optional<T>> optional_of(Result<std::optional<SqlRow>> row, Make make) {
  if (!row) return fail(std::move(row).error());
  if (!*row) return std::nullopt;
  Result<T> made = make(**row);
  return TRY(std::move(made));
}
template <typename T, typename Make>
[[nodiscard]] Result<std::vector<T>> all_of(Result<std::vector<SqlRow>> rows, Make make) {
  if (!rows) return fail(std::move(rows).error());
  std::vector<T> objects;
  objects.reserve(rows->size());
  for (const auto& row : *rows) {
    Result<T> made = make(row);
    objects.push_back(TRY(std::move(made)));
  }
  return objects;
}

}  // namespace weft
