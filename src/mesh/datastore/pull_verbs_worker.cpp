#include "mesh/datastore/pull_verbs_worker.h"

#include <fstream>

#include "base/ascii.h"
#include "mesh/datastore/csv_file_worker.h"
#include "mesh/datastore/postgres_verbs_worker.h"
#include "mesh/datastore/sqlite_file_worker.h"
#include "mesh/datastore/sqlite_table_worker.h"
#include "mesh/datastore/store_job_worker.h"
#include "platform/db/sqlite_reader.h"
#include "platform/duck/duck.h"
#include "platform/duck/explain_failure.h"
#include "platform/duck/snapshot_sql.h"

namespace weft {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEstimateBytes = 64 * 1024;  // of a text file's beginning

// A message of DuckDB about foreign data: the place is useful to the owner; values are neither his to read here nor to be kept.
Error explain(Error error, const StoreJob& job) {
  if (error.detail.empty()) return error;
  error = duck::explain_failure(std::move(error));
  error.kind = ErrorKind::Unprocessable;
  error.id = "data_store.unreadable";
  error.message = fmt::format("{} can't be read: {}", job.table.empty() ? "The store" : job.table, error.message);
  error.hint = job.type == DataStoreType::Sqlite ? "Check that the file is a SQLite database that the server's user may read."
                                                 : "Mend the data, or say how it is written in the store's coordinates (csv.null, "
                                                   "csv.delimiter, csv.quote, csv.skip, csv.header).";
  return error;
}

// By table: see find_sqlite_table().
using UntypedColumns = std::map<std::string, std::set<std::string>>;

struct Session {
  StoreJob job;
  UntypedColumns untyped;
  std::shared_ptr<duck::Instance> instance;
  std::unique_ptr<duck::Connection> connection;
};

// REQUIRES: the store's place was checked, and its file can be read where the coordinates say.
Result<Session> open_session(const WorkerContext& context, StoreJob job, UntypedColumns untyped = {}) {
  Session session;
  session.job = std::move(job);
  session.untyped = std::move(untyped);
  duck::InstanceOptions options;
  options.memory_bytes = context.duck_memory_bytes;
  options.threads = context.threads;
  options.temp_folder = context.tmp;
  options.allowed_folders = {context.out, context.tmp};
  options.allowed_folders.insert(options.allowed_folders.end(), context.readable_folders.begin(), context.readable_folders.end());
  if (session.job.type == DataStoreType::Sqlite) options.extensions.push_back(context.extensions / "sqlite_scanner.duckdb_extension");
  session.instance = TRY(duck::open_instance(options));
  session.connection = TRY(session.instance->connect());
  return session;
}

// For one table.
Result<Session> open_table(const WorkerContext& context, const json::object& arguments) {
  auto job = TRY(parse_job(arguments));
  CHECK(check_place(job));
  UntypedColumns untyped;
  if (job.type == DataStoreType::Sqlite) {
    const auto file = TRY(readable_sqlite_file(text_at(job.coordinates, "path"), context.tmp));
    untyped[job.table] = TRY(find_sqlite_table(file, job.schema, job.table));
    job.coordinates["path"] = file.string();
  }
  return open_session(context, std::move(job), std::move(untyped));
}

json::array columns_json(const std::vector<duck::Column>& columns) {
  json::array list;
  for (const auto& column : columns) list.push_back(json::object{{"name", column.name}, {"type", column.type}});
  return list;
}

Result<std::vector<std::vector<json::value>>> all_rows(Session& session, const std::string& sql) {
  auto cursor = session.connection->query(sql);
  if (!cursor) return fail(explain(cursor.error(), session.job));
  std::vector<std::vector<json::value>> rows;
  while (true) {
    auto batch = (*cursor)->rows();
    if (!batch) return fail(explain(batch.error(), session.job));
    if (batch->empty()) return rows;
    rows.insert(rows.end(), std::make_move_iterator(batch->begin()), std::make_move_iterator(batch->end()));
  }
}

Result<std::string> relation_of(Session& session) {
  const auto& job = session.job;
  switch (job.type) {
    case DataStoreType::Folder: {
      const auto path = TRY(file_of(job));
      const auto reader = reader_of(job.table);
      const auto file = duck::quote_literal(path.string());
      if (reader == "read_parquet") return fmt::format("{}({})", reader, file);
      // A field that comes up late is a column, too: all of the file is looked at.
      if (reader != "read_csv") return fmt::format("{}({}, sample_size = -1, ignore_errors = false)", reader, file);
      CsvFile csv{path, job.table, {}};
      if (const auto* said = job.coordinates.if_contains("csv"); said != nullptr && said->is_object()) csv.says = said->as_object();
      auto relation = csv_relation(*session.connection, csv);
      if (!relation) return fail(explain(relation.error(), job));
      return relation;
    }
    case DataStoreType::Sqlite:
      return fmt::format("sqlite_scan({}, {})", duck::quote_literal(text_at(job.coordinates, "path")), duck::quote_literal(job.table));
    case DataStoreType::Postgres: break;
  }
  return fail(ErrorKind::Invalid, "data_store.unknown_type", "This worker can't read that type of store.");
}

// Columns cast to types that every door can deliver.
Result<std::string> portable_select(Session& session) {
  const auto relation = TRY(relation_of(session));
  auto columns = session.connection->describe("SELECT * FROM " + relation);
  if (!columns) return fail(explain(columns.error(), session.job));
  const auto& untyped = session.untyped[session.job.table];
  std::string list;
  for (const auto& column : *columns) {
    // As SQLite itself shows it: DuckDB takes what has no type for bytes.
    const bool as_text = column.type == "BLOB" && untyped.contains(lower_case(column.name));
    const auto name = duck::quote_identifier(column.name);
    list += fmt::format("{}{}", list.empty() ? "" : ", ",
                        as_text ? fmt::format("decode({0}) AS {0}", name) : duck::portable_select_item(column));
  }
  return fmt::format("SELECT {} FROM {}", list, relation);
}

Result<json::object> list_tables(const WorkerContext& context, const json::object& arguments) {
  const auto job = TRY(parse_job(arguments));
  CHECK(check_place(job));
  CHECK(check_schemas(job, arguments));
  const fs::path path = text_at(job.coordinates, "path");
  if (job.type == DataStoreType::Folder) return json::object{{"tables", list_folder_tables(path)}};
  return json::object{{"tables", TRY(list_sqlite_tables(TRY(readable_sqlite_file(path, context.tmp)), kMaxStoreTables))}};
}

Result<json::object> check_store(const WorkerContext& context, const json::object& arguments) {
  const auto listed = TRY(list_tables(context, arguments));
  if (!listed.at("tables").as_array().empty()) return json::object{};
  return fail(
      ErrorKind::Unprocessable, "data_store.empty",
      fmt::format("{} has no table.", text_at(arguments.at("coordinates").as_object(), "path")),
      "A folder's tables are its files .csv, .tsv, .json, .ndjson, .jsonl and .parquet (.gz and .zst too) and those of its sub-folders.");
}

// Of a folder's file: lines of text, guessed from its beginning; exact for Parquet.
Result<std::optional<std::int64_t>> estimate_rows(Session& session) {
  const auto path = TRY(file_of(session.job));
  if (reader_of(session.job.table) == "read_parquet") {
    const auto rows = TRY(
        all_rows(session, fmt::format("SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata({})", duck::quote_literal(path.string()))));
    return rows[0][0].to_number<std::int64_t>();
  }
  if (path.extension() == ".gz" || path.extension() == ".zst" || path.extension() == ".json") return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string beginning(kEstimateBytes, '\0');
  file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<std::size_t>(file.gcount()));
  const auto lines = std::ranges::count(beginning, '\n');
  if (lines == 0) return std::nullopt;
  std::error_code failure;
  const auto bytes = fs::file_size(path, failure);
  if (bytes <= beginning.size()) return lines - 1;
  return static_cast<std::int64_t>(static_cast<double>(bytes) * static_cast<double>(lines) / static_cast<double>(beginning.size()));
}

Result<json::object> describe_table(const WorkerContext& context, const json::object& arguments) {
  auto session = TRY(open_table(context, arguments));
  auto described = session.connection->describe(TRY(portable_select(session)));
  if (!described) return fail(explain(described.error(), session.job));
  auto columns = columns_json(*described);
  std::optional<std::int64_t> estimate;
  if (session.job.type == DataStoreType::Folder) {
    estimate = TRY(estimate_rows(session));
  } else {
    session.connection.reset();  // closed, before another SQLite library opens the file
    session.instance.reset();
    estimate = TRY(describe_sqlite_table(text_at(session.job.coordinates, "path"), session.job.table, columns));
  }
  json::object reply{{"columns", std::move(columns)}};
  if (estimate) reply["row_estimate"] = *estimate;
  return reply;
}

// Of the table's columns those that may be shown: what the store has got since is not among them.
std::vector<std::string> shown_columns(const std::vector<duck::Column>& columns, const json::object& arguments) {
  const auto& shown = arguments.at("shown").as_array();
  std::vector<std::string> names;
  for (const auto& column : columns) {
    if (std::ranges::find(shown, json::value(column.name)) != shown.end()) names.push_back(column.name);
  }
  return names;
}

Result<json::object> profile_table(const WorkerContext& context, const json::object& arguments) {
  auto session = TRY(open_table(context, arguments));
  const auto select = TRY(portable_select(session));
  const auto profiled = shown_columns(TRY(session.connection->describe(select)), arguments);
  std::string list = "count(*)";
  for (const auto& column : profiled)
    list += fmt::format(", approx_count_distinct({0}), count({0}), min({0}), max({0})", duck::quote_identifier(column));
  const auto rows = TRY(all_rows(session, fmt::format("SELECT {} FROM ({})", list, select)));
  const auto total = rows[0][0].to_number<std::int64_t>();
  json::array profiles;
  for (std::size_t i = 0; i < profiled.size(); ++i) {
    const auto* cells = &rows[0][1 + i * 4];
    const auto filled = cells[1].to_number<std::int64_t>();
    profiles.push_back(json::object{
        {"name", profiled[i]},
        {"distinct", std::min(cells[0].to_number<std::int64_t>(), filled)},  // an estimate
        {"null_share", total == 0 ? json::value(nullptr) : json::value(1.0 - static_cast<double>(filled) / static_cast<double>(total))},
        {"minimum", cells[2]},
        {"maximum", cells[3]}});
  }
  return json::object{{"rows", total}, {"columns", std::move(profiles)}};
}

Result<json::object> sample_table(const WorkerContext& context, const json::object& arguments) {
  auto session = TRY(open_table(context, arguments));
  const auto select = TRY(portable_select(session));
  json::array names;
  std::string list;
  for (const auto& column : shown_columns(TRY(session.connection->describe(select)), arguments)) {
    names.emplace_back(column);
    list += fmt::format("{}{}", list.empty() ? "" : ", ", duck::quote_identifier(column));
  }
  json::array rows;
  if (!names.empty()) {
    for (auto& row :
         TRY(all_rows(session, fmt::format("SELECT {} FROM ({}) LIMIT {}", list, select, arguments.at("rows").to_number<int>())))) {
      rows.push_back(json::array(row.begin(), row.end()));
    }
  }
  return json::object{{"columns", std::move(names)}, {"rows", std::move(rows)}};
}

struct WantedTable {
  std::string schema, table, file;
};

std::vector<WantedTable> wanted_tables(const json::object& arguments) {
  std::vector<WantedTable> wanted;
  for (const auto& item : arguments.at("tables").as_array())
    wanted.push_back({text_at(item.as_object(), "schema"), text_at(item.as_object(), "table"), text_at(item.as_object(), "file")});
  return wanted;
}

StoreJob job_for(StoreJob job, const WantedTable& table) {
  job.schema = table.schema;
  job.table = table.table;
  return job;
}

Result<json::object> write_parquet(Session& session, const fs::path& target) {
  const auto started = std::chrono::steady_clock::now();
  const auto select = TRY(portable_select(session));
  auto rows = session.connection->execute(duck::copy_to_parquet(select, target.string()));
  if (!rows) return fail(explain(rows.error(), session.job));
  const auto columns =
      TRY(session.connection->describe(fmt::format("SELECT * FROM read_parquet({})", duck::quote_literal(target.string()))));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
  return json::object{{"rows", *rows}, {"columns", columns_json(columns)}, {"milliseconds", took.count()}};
}

Result<json::object> write_all(const WorkerContext& context, const StoreJob& job, const std::vector<WantedTable>& wanted,
                               const UntypedColumns& untyped = {}) {
  auto session = TRY(open_session(context, job, untyped));
  json::array pulled;
  for (const auto& table : wanted) {
    session.job = job_for(job, table);
    pulled.push_back(TRY(write_parquet(session, context.out / table.file)));
  }
  return json::object{{"tables", std::move(pulled)}};
}

// Files are read more than once, and one after the other: they are one state if none was written to meanwhile.
Result<json::object> pull_files(const WorkerContext& context, const StoreJob& job, const std::vector<WantedTable>& wanted) {
  auto written_at = [&](const WantedTable& table) -> std::pair<fs::file_time_type, std::uintmax_t> {
    std::error_code failure;
    const auto file = file_of(job_for(job, table));
    if (!file) return {};
    return {fs::last_write_time(*file, failure), fs::file_size(*file, failure)};
  };
  std::vector<std::pair<fs::file_time_type, std::uintmax_t>> before;
  for (const auto& table : wanted) before.push_back(written_at(table));
  auto reply = TRY(write_all(context, job, wanted));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (before[i] == written_at(wanted[i])) continue;
    return fail(ErrorKind::Unprocessable, "data_store.busy", fmt::format("{} was written to while it was read.", wanted[i].table),
                "Refresh again. Whoever writes it does best to write another file and rename it.");
  }
  return reply;
}

// DuckDB reads by several connections, each with a view of its own. Where somebody has written meanwhile, what they saw may
// not fit together: then it is read again, from a copy.
Result<json::object> pull_sqlite(const WorkerContext& context, StoreJob job, const std::vector<WantedTable>& wanted) {
  const auto file = TRY(readable_sqlite_file(text_at(job.coordinates, "path"), context.tmp));
  UntypedColumns untyped;
  for (const auto& table : wanted) untyped[table.table] = TRY(find_sqlite_table(file, table.schema, table.table));
  job.coordinates["path"] = file.string();
  auto reader = TRY(SqliteReader::open(file));
  const auto before = TRY(reader->version());
  auto reply = write_all(context, job, wanted, untyped);
  if (TRY(reader->version()) == before) return reply;
  const auto copy = context.tmp / "copy" / file.filename();
  std::error_code failure;
  fs::create_directories(copy.parent_path(), failure);
  CHECK(reader->copy_to(copy));
  reader.reset();
  job.coordinates["path"] = copy.string();
  return write_all(context, job, wanted, untyped);
}

Result<json::object> pull_tables(const WorkerContext& context, const json::object& arguments) {
  auto job = TRY(parse_job(arguments));
  CHECK(check_place(job));
  const auto wanted = wanted_tables(arguments);
  return job.type == DataStoreType::Sqlite ? pull_sqlite(context, std::move(job), wanted) : pull_files(context, job, wanted);
}

// By the type of the store.
WorkerVerbEntry verb(std::string name, WorkerVerb of_files, WorkerVerb of_postgres) {
  return {
      WorkerKind::Pull, std::move(name),
      [of_files = std::move(of_files), of_postgres = std::move(of_postgres)](const WorkerContext& context, const json::object& arguments) {
        return text_at(arguments, "type") == to_text(DataStoreType::Postgres) ? of_postgres(context, arguments)
                                                                              : of_files(context, arguments);
      }};
}

}  // namespace

std::vector<WorkerVerbEntry> pull_verbs() {
  return {verb("store.check", check_store, check_postgres),          verb("store.tables", list_tables, list_postgres),
          verb("store.describe", describe_table, describe_postgres), verb("store.profile", profile_table, profile_postgres),
          verb("store.sample", sample_table, sample_postgres),       verb("store.pull", pull_tables, pull_postgres)};
}

}  // namespace weft
