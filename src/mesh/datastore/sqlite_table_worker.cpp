#include "mesh/datastore/sqlite_table_worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>

#include "base/ascii.h"
#include "platform/db/sqlite_reader.h"

namespace weft {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kCountingTime = std::chrono::milliseconds(2'000);  // of all tables that one look counts
constexpr auto kMain = "main";

#define WEFT_SQLITE_TABLES "FROM sqlite_master WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_' "

constexpr auto kTables = "SELECT name, type " WEFT_SQLITE_TABLES "ORDER BY name LIMIT ";
constexpr auto kFind = "SELECT type " WEFT_SQLITE_TABLES "AND name = ?1";
constexpr auto kHasStatistics = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'";
// The first number of `stat` is how many rows an index has.
constexpr auto kStatistics = "SELECT lower(tbl), max(CAST(stat AS INTEGER)) FROM sqlite_stat1 GROUP BY lower(tbl)";
constexpr auto kColumns = "SELECT name, type, \"notnull\", pk FROM pragma_table_info(?1)";
constexpr auto kKeyIndexes = "SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk'";
constexpr auto kReferences = "SELECT \"from\", \"table\", \"to\", seq FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq";

std::int64_t number_in(const std::optional<std::string>& field) {
  std::int64_t number = 0;
  if (field) std::from_chars(field->data(), field->data() + field->size(), number);
  return number;
}

class Estimates {
 public:
  static Result<Estimates> open(SqliteReader& reader) {
    Estimates estimates(reader);
    if (TRY(reader.query(kHasStatistics, {})).empty()) return estimates;
    const auto rows = TRY(reader.query(kStatistics, {}));
    for (const auto& row : rows) estimates.known_[row[0].value_or("")] = number_in(row[1]);
    return estimates;
  }

  // A view's rows are nowhere but in its answer, which may be long in coming.
  std::optional<std::int64_t> of(const std::string& table, std::string_view type) {
    if (type != "table") return std::nullopt;
    if (const auto known = known_.find(lower_case(table)); known != known_.end()) return known->second;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - Clock::now());
    if (left.count() <= 0) return std::nullopt;
    return reader_->count_rows(table, left).value_or(std::nullopt);  // of a virtual table, say, that SQLite here does not know
  }

 private:
  explicit Estimates(SqliteReader& reader) : reader_(&reader) {}

  SqliteReader* reader_;
  std::map<std::string, std::int64_t> known_;
  Clock::time_point until_ = Clock::now() + kCountingTime;
};

struct Column {
  std::string native_type;
  bool nullable = true;
  std::int64_t key_position = 0;
};

std::map<std::string, Column> columns_of(SqliteReader& reader, const std::string& table) {
  std::map<std::string, Column> columns;
  const auto rows = reader.query(kColumns, {table});
  if (!rows) return columns;  // as above
  std::int64_t keys = 0;
  for (const auto& row : *rows) {
    const auto position = number_in(row[3]);
    keys += position > 0 ? 1 : 0;
    columns[lower_case(row[0].value_or(""))] = {row[1].value_or(""), number_in(row[2]) == 0, position};
  }
  const auto indexes = reader.query(kKeyIndexes, {table});
  // A key of one INTEGER column without an index is the row's own number, which is never null. Any other key may be.
  if (keys != 1 || !indexes || number_in(indexes->at(0).at(0)) != 0) return columns;
  for (auto& [name, column] : columns) {
    if (column.key_position == 1 && lower_case(column.native_type) == "integer") column.nullable = false;
  }
  return columns;
}

// The column that a foreign key without one means: that of the other table's key.
std::string key_column(SqliteReader& reader, const std::string& table, std::int64_t position) {
  const auto rows = reader.query(kColumns, {table});
  if (!rows) return {};
  const auto at = std::ranges::find_if(*rows, [&](const auto& row) { return number_in(row[3]) == position; });
  return at == rows->end() ? std::string() : at->at(0).value_or("");
}

std::map<std::string, json::object> references_of(SqliteReader& reader, const std::string& table) {
  std::map<std::string, json::object> references;
  const auto rows = reader.query(kReferences, {table});
  if (!rows) return references;
  for (const auto& row : *rows) {
    const auto other = row[1].value_or("");
    const auto column = row[2] ? *row[2] : key_column(reader, other, number_in(row[3]) + 1);
    if (!column.empty())
      references.try_emplace(lower_case(row[0].value_or("")), json::object{{"schema", kMain}, {"table", other}, {"column", column}});
  }
  return references;
}

}  // namespace

Result<json::array> list_sqlite_tables(const std::filesystem::path& file, std::size_t most) {
  const auto reader = TRY(SqliteReader::open(file));
  auto estimates = TRY(Estimates::open(*reader));
  json::array tables;
  const auto rows = TRY(reader->query(kTables + std::to_string(most), {}));
  for (const auto& row : rows) {
    json::object table{{"schema", kMain}, {"name", row[0].value_or("")}};
    if (const auto estimate = estimates.of(row[0].value_or(""), row[1].value_or(""))) table["row_estimate"] = *estimate;
    tables.push_back(std::move(table));
  }
  return tables;
}

Result<std::set<std::string>> find_sqlite_table(const std::filesystem::path& file, const std::string& schema, const std::string& table) {
  if (schema != kMain)
    return fail(ErrorKind::NotFound, "data_store.no_such_schema", fmt::format("The store has no schema '{}'.", schema),
                "The tables of a SQLite file are in the schema main.");
  const auto reader = TRY(SqliteReader::open(file));
  if (TRY(reader->query(kFind, {table})).empty()) {
    return fail(ErrorKind::NotFound, "data_store.no_such_table",
                fmt::format("The store has no table '{}' in the schema '{}'.", table, schema), "Browse the store's tables for the names.");
  }
  std::set<std::string> untyped;
  for (const auto& [name, column] : columns_of(*reader, table)) {
    if (column.native_type.empty()) untyped.insert(name);
  }
  return untyped;
}

Result<std::optional<std::int64_t>> describe_sqlite_table(const std::filesystem::path& file, const std::string& table,
                                                          json::array& columns) {
  const auto reader = TRY(SqliteReader::open(file));
  const auto known = columns_of(*reader, table);
  const auto references = references_of(*reader, table);
  for (auto& item : columns) {
    auto& column = item.as_object();
    const auto name = lower_case(std::string_view(column.at("name").as_string()));
    if (const auto at = known.find(name); at != known.end()) {
      if (!at->second.native_type.empty()) column["native_type"] = at->second.native_type;
      column["nullable"] = at->second.nullable;
      if (at->second.key_position > 0) column["key_position"] = at->second.key_position;
    }
    if (const auto at = references.find(name); at != references.end()) column["references"] = at->second;
  }
  auto estimates = TRY(Estimates::open(*reader));
  const auto found = TRY(reader->query(kFind, {table}));
  return found.empty() ? std::nullopt : estimates.of(table, found[0][0].value_or(""));
}

}  // namespace weft
