#include "platform/duck/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "platform/duck/failure.h"

namespace weft::duck {
namespace {

constexpr std::size_t kMaxKept = 16;

duckdb_state bind(duckdb_prepared_statement statement, idx_t index, const Value& value) {
  return std::visit(
      [&](const auto& held) {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, bool>) return duckdb_bind_boolean(statement, index, held);
        if constexpr (std::is_same_v<Held, std::int64_t>) return duckdb_bind_int64(statement, index, held);
        if constexpr (std::is_same_v<Held, double>) return duckdb_bind_double(statement, index, held);
        if constexpr (std::is_same_v<Held, std::string>) {
          return duckdb_bind_varchar_length(statement, index, held.data(), held.size());
        }
        return duckdb_bind_null(statement, index);
      },
      value);
}

void add_column(Shape& shape, const char* name, duckdb_logical_type raw) {
  const TypeHandle owned(raw);
  shape.types.push_back(read_type(raw));
  shape.columns.push_back({name == nullptr ? "" : name, shape.types.back().name});
}

}  // namespace

Result<StatementHandle> prepare(Session& session, std::string_view sql) {
  if (sql.find('\0') != std::string_view::npos) {
    return fail(ErrorKind::Invalid, "query.parser", "The SQL contains a NUL byte.", "Remove it.");
  }
  StatementHandle statement;
  if (duckdb_prepare(session.connection.get(), std::string(sql).c_str(), statement.out()) != DuckDBSuccess) {
    const char* text = duckdb_prepare_error(statement.get());
    return fail(query_error(text == nullptr ? "" : text));
  }
  return statement;
}

namespace {

Result<void> bind_all(duckdb_prepared_statement statement, const std::vector<Value>& params) {
  const auto wanted = duckdb_nparams(statement);
  if (wanted != params.size()) {
    return fail(make_error(ErrorKind::Internal, "query.failed", "The query failed.")
                    .with_detail(fmt::format("{} parameters for {} places", params.size(), wanted)));
  }
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (bind(statement, i + 1, params[i]) != DuckDBSuccess) {
      return fail(ErrorKind::Invalid, "query.invalid_input", fmt::format("Value {} of the query is not valid UTF-8 text.", i + 1),
                  "Send UTF-8.");
    }
  }
  return {};
}

}  // namespace

Result<StatementHandle> prepare(Session& session, std::string_view sql, const std::vector<Value>& params) {
  auto statement = TRY(prepare(session, sql));
  CHECK(bind_all(statement.get(), params));
  return statement;
}

Result<duckdb_prepared_statement> prepare_and_keep(Session& session, std::string_view sql, const std::vector<Value>& params) {
  auto* statement = session.prepared.find(sql);
  if (statement == nullptr) statement = session.prepared.keep(sql, TRY(prepare(session, sql)));
  CHECK(bind_all(statement, params));
  return statement;
}

duckdb_prepared_statement PreparedStatements::find(std::string_view sql) {
  const auto found = std::ranges::find(statements_, sql, [](const auto& kept) -> std::string_view { return kept.first; });
  if (found == statements_.end()) return nullptr;
  std::rotate(found, found + 1, statements_.end());
  return statements_.back().second.get();
}

duckdb_prepared_statement PreparedStatements::keep(std::string_view sql, StatementHandle statement) {
  if (statements_.size() >= kMaxKept) statements_.erase(statements_.begin());
  return statements_.emplace_back(std::string(sql), std::move(statement)).second.get();
}

Shape shape_of(duckdb_prepared_statement statement) {
  Shape shape;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement); ++i) {
    const char* name = duckdb_prepared_statement_column_name(statement, i);
    add_column(shape, name, duckdb_prepared_statement_column_logical_type(statement, i));
    duckdb_free(const_cast<char*>(name));  // the caller owns it, says the header
  }
  return shape;
}

Shape shape_of(duckdb_result* result) {
  Shape shape;
  for (idx_t i = 0; i < duckdb_column_count(result); ++i) {
    add_column(shape, duckdb_column_name(result, i), duckdb_column_logical_type(result, i));
  }
  return shape;
}

}  // namespace weft::duck
