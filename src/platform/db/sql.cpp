#include "platform/db/sql.h"

#include <fmt/format.h>

#include <stdexcept>

namespace weft {
namespace {

[[noreturn]] void throw_wrong_type(std::size_t column, std::string_view wanted) {
  throw std::logic_error(fmt::format("column {} of an SQL answer is not {}", column, wanted));
}

}  // namespace

bool SqlRow::is_null(std::size_t column) const { return std::holds_alternative<std::monostate>(columns_.at(column)); }

std::int64_t SqlRow::integer(std::size_t column) const {
  const auto* const value = std::get_if<std::int64_t>(&columns_.at(column));
  if (value == nullptr) throw_wrong_type(column, "an integer");
  return *value;
}

const std::string& SqlRow::text(std::size_t column) const {
  const auto* const value = std::get_if<std::string>(&columns_.at(column));
  if (value == nullptr) throw_wrong_type(column, "text");
  return *value;
}

std::optional<std::int64_t> SqlRow::optional_integer(std::size_t column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> SqlRow::optional_text(std::size_t column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<Timestamp> SqlRow::optional_time(std::size_t column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

Result<std::optional<SqlRow>> SqlTx::query_one(const Statement& statement, const SqlParams& params) {
  auto rows = TRY(query(statement, params));
  if (rows.empty()) return std::nullopt;
  if (rows.size() > 1) {
    return fail(make_error(ErrorKind::Internal, "store.failed", "The metadata store gave an unexpected answer.")
                    .with_detail(fmt::format("{}: {} rows where at most one was expected", statement.name, rows.size())));
  }
  return std::move(rows.front());
}

}  // namespace weft
