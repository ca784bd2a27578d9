#include "mesh/datastore/postgres_verbs_worker.h"

#include "mesh/datastore/postgres_profile_worker.h"
#include "mesh/datastore/postgres_rows_worker.h"
#include "mesh/datastore/postgres_table_worker.h"
#include "mesh/datastore/store_job_worker.h"

namespace weft {

namespace {

constexpr std::size_t kMaxTables = 10'000;
constexpr std::size_t kMaxSampleBytes = 4U << 20;  // fewer rows where they are long
constexpr std::uint16_t kDefaultPort = 5432;

Result<std::unique_ptr<PostgresReader>> open_reader(const WorkerContext& context, const json::object& arguments) {
  const auto& coordinates = arguments.at("coordinates").as_object();
  PostgresLogin login;
  login.socket_folder = context.relay_host;
  const auto* port = coordinates.if_contains("port");
  login.port = port == nullptr ? kDefaultPort : port->to_number<std::uint16_t>();
  login.database = text_at(coordinates, "database");
  login.user = text_at(coordinates, "user");
  login.password = text_at(arguments, "secret");
  // A little before our own end, so that it is PostgreSQL who says why.
  const std::chrono::milliseconds limit(arguments.at("time_limit").to_number<std::int64_t>());
  login.statement_time = limit - std::min(limit / 10, std::chrono::milliseconds(5'000));
  auto reader = TRY(PostgresReader::connect(login));
  CHECK(reader->begin());
  return reader;
}

// Read in this order: the lock, then the view.
Result<PostgresTable> open_table(PostgresReader& reader, const json::object& arguments) {
  const auto schema = text_at(arguments, "schema"), name = text_at(arguments, "table");
  CHECK(hold_postgres_table(reader, schema, name));
  return describe_postgres_table(reader, schema, name);
}

json::array columns_json(const PostgresTable& table) {
  json::array list;
  for (const auto& column : table.columns) {
    json::object item{{"name", column.column.name},
                      {"type", travel_of(column.column, "x").type},
                      {"native_type", column.column.native_type},
                      {"nullable", column.null == PostgresTable::Column::Null::Allowed},
                      {"comment", column.comment}};
    if (column.key_position) item["key_position"] = *column.key_position;
    if (const auto& to = column.references)
      item["references"] = json::object{{"schema", to->schema}, {"table", to->table}, {"column", to->column}};
    list.push_back(std::move(item));
  }
  return list;
}

// Those that may be shown: what the store has got since is not among them.
std::vector<PostgresColumn> shown_columns(const PostgresTable& table, const json::object& arguments) {
  const auto& shown = arguments.at("shown").as_array();
  std::vector<PostgresColumn> columns;
  for (const auto& column : table.columns) {
    if (std::ranges::find(shown, json::value(column.column.name)) != shown.end()) columns.push_back(column.column);
  }
  return columns;
}

PostgresSelect select_of(const PostgresTable& table, const std::vector<PostgresColumn>& columns) {
  PostgresSelect select;
  select.rest = "FROM " + table.sql();
  for (const auto& column : columns) select.add(column.name, travel_of(column, select.next_text()));
  return select;
}

}  // namespace

Result<json::object> check_postgres(const WorkerContext& context, const json::object& arguments) {
  const auto reader = TRY(open_reader(context, arguments));
  if (!TRY(list_postgres_tables(*reader, 1)).empty()) return json::object{};
  const auto user = text_at(arguments.at("coordinates").as_object(), "user");
  return fail(ErrorKind::Unprocessable, "data_store.empty",
              fmt::format("The login works, but the user {} may read no table of the database {}.", user,
                          text_at(arguments.at("coordinates").as_object(), "database")),
              fmt::format("Grant it USAGE on a schema and SELECT on its tables: GRANT SELECT ON ALL TABLES IN SCHEMA … TO {}.",
                          quote_postgres(user)));
}

Result<json::object> list_postgres(const WorkerContext& context, const json::object& arguments) {
  const auto reader = TRY(open_reader(context, arguments));
  std::vector<std::string> schemas;
  for (const auto& name : arguments.at("schemas").as_array()) schemas.emplace_back(name.as_string());
  CHECK(check_postgres_schemas(*reader, schemas));
  return json::object{{"tables", TRY(list_postgres_tables(*reader, kMaxTables))}};
}

Result<json::object> describe_postgres(const WorkerContext& context, const json::object& arguments) {
  const auto reader = TRY(open_reader(context, arguments));
  const auto table = TRY(open_table(*reader, arguments));
  json::object reply{{"columns", columns_json(table)}, {"comment", table.comment}};
  if (table.row_estimate) reply["row_estimate"] = *table.row_estimate;
  return reply;
}

Result<json::object> profile_postgres(const WorkerContext& context, const json::object& arguments) {
  const auto reader = TRY(open_reader(context, arguments));
  const auto table = TRY(open_table(*reader, arguments));
  return profile_postgres_table(context, *reader, table, shown_columns(table, arguments));
}

Result<json::object> sample_postgres(const WorkerContext& context, const json::object& arguments) {
  const auto reader = TRY(open_reader(context, arguments));
  const auto table = TRY(open_table(*reader, arguments));
  const auto columns = shown_columns(table, arguments);
  json::array names, rows;
  for (const auto& column : columns) names.emplace_back(column.name);
  if (!columns.empty()) {
    auto select = select_of(table, columns);
    select.rest += fmt::format(" LIMIT {}", arguments.at("rows").to_number<int>());
    PostgresRows source(context, *reader, table.schema + "." + table.name);
    const auto found = TRY(source.rows(select));
    std::size_t bytes = 0;
    for (const auto& row : found) {
      json::array values(row.begin(), row.end());
      bytes += json::serialize(values).size();
      if (bytes > kMaxSampleBytes) break;
      rows.push_back(std::move(values));
    }
  }
  return json::object{{"columns", std::move(names)}, {"rows", std::move(rows)}};
}

Result<json::object> pull_postgres(const WorkerContext& context, const json::object& arguments) {
  const auto reader = TRY(open_reader(context, arguments));
  const auto& wanted = arguments.at("tables").as_array();
  // All locks, then the view: of all tables it is the same.
  for (const auto& item : wanted)
    CHECK(hold_postgres_table(*reader, text_at(item.as_object(), "schema"), text_at(item.as_object(), "table")));
  json::array pulled;
  std::int64_t before = 0;  // rows of the tables that are done
  auto counting = context;
  counting.progress = [&](std::int64_t rows) {
    if (context.progress) context.progress(before + rows);
  };
  for (const auto& item : wanted) {
    const auto started = std::chrono::steady_clock::now();
    const auto table = TRY(describe_postgres_table(*reader, text_at(item.as_object(), "schema"), text_at(item.as_object(), "table")));
    std::vector<PostgresColumn> columns;
    for (const auto& column : table.columns) columns.push_back(column.column);
    PostgresRows source(counting, *reader, table.schema + "." + table.name);
    const auto rows = TRY(source.write(select_of(table, columns), context.out / text_at(item.as_object(), "file")));
    before += rows;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
    pulled.push_back(json::object{{"rows", rows}, {"columns", columns_json(table)}, {"milliseconds", took.count()}});
  }
  return json::object{{"tables", std::move(pulled)}};
}

}  // namespace weft
