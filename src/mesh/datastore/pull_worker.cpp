// Runs inside pull workers: SQL that we generate over a store's tables. Reads only what the job names.
#include <fstream>

#include "mesh/datastore/postgres_verbs_worker.h"
#include "mesh/datastore/source_worker.h"
#include "mesh/datastore/sqlite_file_worker.h"
#include "platform/duck/duck.h"
#include "platform/duck/explain_failure.h"
#include "platform/duck/snapshot_sql.h"

namespace weft {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTables = 10'000;
constexpr std::size_t kEstimateBytes = 64 * 1024;  // of a text file's beginning

struct StoreJob {
  DataStoreType type = DataStoreType::Folder;
  json::object coordinates;
  std::string schema, table;
};

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string{};
}

Result<StoreJob> parse_job(const json::object& arguments) {
  StoreJob job;
  job.type = TRY(parse_data_store_type(text_at(arguments, "type")));
  job.coordinates = arguments.at("coordinates").as_object();
  job.schema = text_at(arguments, "schema");
  job.table = text_at(arguments, "table");
  return job;
}

// What DuckDB calls the reader of a file with that name; empty: not one of ours.
std::string_view reader_of(std::string_view file) {
  for (std::string_view packed : {".gz", ".zst"}) {
    if (file.ends_with(packed)) file.remove_suffix(packed.size());
  }
  if (file.ends_with(".csv") || file.ends_with(".tsv")) return "read_csv";
  if (file.ends_with(".ndjson") || file.ends_with(".jsonl")) return "read_ndjson";
  if (file.ends_with(".json")) return "read_json";
  if (file.ends_with(".parquet")) return "read_parquet";
  return {};
}

Error no_such_table(const StoreJob& job) {
  return make_error(ErrorKind::NotFound, "data_store.no_such_table",
                    fmt::format("The store has no table '{}' in the schema '{}'.", job.table, job.schema))
      .with_hint("Browse the store's tables for the names.");
}

// A folder's tables are its files (schema `main`) and those of its sub-folders (a schema each).
Result<fs::path> file_of(const StoreJob& job) {
  const bool plain = !job.table.empty() && job.table.find('/') == std::string::npos && !job.table.starts_with('.') &&
                     job.schema.find('/') == std::string::npos && !job.schema.starts_with('.');
  if (!plain || reader_of(job.table).empty()) return fail(no_such_table(job));
  fs::path path = text_at(job.coordinates, "path");
  if (job.schema != "main") path /= job.schema;
  path /= job.table;
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) return fail(no_such_table(job));
  return path;
}

// What the owner said about how the file is written.
std::string csv_options(const StoreJob& job) {
  std::string options = ", strict_mode = true";
  const auto* csv = job.coordinates.if_contains("csv");
  if (csv == nullptr || !csv->is_object()) return options;
  if (csv->as_object().contains("null")) options += fmt::format(", nullstr = {}", duck::quote_literal(text_at(csv->as_object(), "null")));
  if (auto delimiter = text_at(csv->as_object(), "delimiter"); !delimiter.empty())
    options += fmt::format(", delim = {}", duck::quote_literal(delimiter));
  return options;
}

// A message of DuckDB about foreign data: the place is useful to the owner; values are neither his to read here nor to be kept.
Error explain(Error error, const StoreJob& job) {
  if (error.detail.empty()) return error;
  error = duck::explain_failure(std::move(error));
  error.kind = ErrorKind::Unprocessable;
  error.id = "data_store.unreadable";
  error.message = fmt::format("{} can't be read: {}", job.table.empty() ? "The store" : job.table, error.message);
  error.hint = job.type == DataStoreType::Sqlite
                   ? "Check that the file is a SQLite database that the server's user may read."
                   : "Mend the data, or say how it is written in the store's coordinates (csv.null, csv.delimiter).";
  return error;
}

struct Session {
  StoreJob job;
  std::shared_ptr<duck::Instance> instance;
  std::unique_ptr<duck::Connection> connection;
};

Result<Session> open_session(const WorkerContext& context, const json::object& arguments) {
  Session session;
  session.job = TRY(parse_job(arguments));
  duck::InstanceOptions options;
  options.memory_bytes = context.duck_memory_bytes;
  options.threads = context.threads;
  options.temp_folder = context.tmp;
  options.allowed_folders = {context.out, context.tmp};
  options.allowed_folders.insert(options.allowed_folders.end(), context.readable_folders.begin(), context.readable_folders.end());
  if (session.job.type == DataStoreType::Sqlite) {
    options.extensions.push_back(context.extensions / "sqlite_scanner.duckdb_extension");
    session.job.coordinates["path"] = TRY(readable_sqlite_file(text_at(session.job.coordinates, "path"), context.tmp)).string();
  }
  session.instance = TRY(duck::open_instance(options));
  session.connection = TRY(session.instance->connect());
  return session;
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

// The sniffer's word for a character that the file does not use.
std::string dialect_character(const json::value& value) {
  const std::string text = value.is_string() ? std::string(value.as_string()) : std::string{};
  return text == "(empty)" ? std::string{} : text;
}

// How a CSV file is written, found by looking at all of it once. Later reads are told, so that none has to look again. The
// sniffer's own ready-made call is not used: it does not quote the names that stand in the file.
Result<std::string> sniffed_csv(Session& session, const std::string& path) {
  const auto options = csv_options(session.job);
  const auto file = duck::quote_literal(path);
  const auto rows = TRY(all_rows(
      session,
      fmt::format("SELECT Delimiter, Quote, Escape, SkipRows, HasHeader, DateFormat, TimestampFormat, "
                  "list_transform(Columns, c -> c.name), list_transform(Columns, c -> c.type) FROM sniff_csv({}, sample_size = -1{})",
                  file, options)));
  const auto& found = rows.at(0);
  std::string columns;
  const auto& names = found[7].as_array();
  const auto& types = found[8].as_array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    columns += fmt::format("{}{}: {}", columns.empty() ? "" : ", ", duck::quote_literal(names[i].as_string()),
                           duck::quote_literal(types[i].as_string()));
  }
  std::string formats;
  if (found[5].is_string()) formats += fmt::format(", dateformat = {}", duck::quote_literal(found[5].as_string()));
  if (found[6].is_string()) formats += fmt::format(", timestampformat = {}", duck::quote_literal(found[6].as_string()));
  std::string delimiter;
  if (options.find(", delim = ") == std::string::npos)
    delimiter = fmt::format(", delim = {}", duck::quote_literal(dialect_character(found[0])));
  return fmt::format("read_csv({}, auto_detect = false{}{}, quote = {}, escape = {}, skip = {}, header = {}, columns = {{{}}}{})", file,
                     options, delimiter, duck::quote_literal(dialect_character(found[1])), duck::quote_literal(dialect_character(found[2])),
                     found[3].to_number<std::int64_t>(), found[4].as_bool(), columns, formats);
}

Result<std::string> relation_of(Session& session) {
  const auto& job = session.job;
  switch (job.type) {
    case DataStoreType::Folder: {
      const auto path = TRY(file_of(job)).string();
      const auto reader = reader_of(job.table);
      if (reader == "read_csv") return sniffed_csv(session, path);
      return fmt::format("{}({})", reader, duck::quote_literal(path));
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
  std::string list;
  for (const auto& column : *columns) list += fmt::format("{}{}", list.empty() ? "" : ", ", duck::portable_select_item(column));
  return fmt::format("SELECT {} FROM {}", list, relation);
}

json::array folder_tables(const fs::path& root) {
  json::array tables;
  auto add_files = [&](const fs::path& folder, const std::string& schema) {
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(folder, failure)) {
      const auto name = entry.path().filename().string();
      if (tables.size() < kMaxTables && !name.starts_with('.') && entry.is_regular_file(failure) && !reader_of(name).empty()) {
        tables.push_back(json::object{{"schema", schema}, {"name", name}});
      }
    }
  };
  add_files(root, "main");
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(root, failure)) {
    const auto name = entry.path().filename().string();
    if (entry.is_directory(failure) && !name.starts_with('.')) add_files(entry.path(), name);
  }
  std::ranges::sort(tables, [](const json::value& a, const json::value& b) { return json::serialize(a) < json::serialize(b); });
  return tables;
}

Result<json::object> list_tables(const WorkerContext& context, const json::object& arguments) {
  auto session = TRY(open_session(context, arguments));
  if (session.job.type == DataStoreType::Folder) return json::object{{"tables", folder_tables(text_at(session.job.coordinates, "path"))}};
  json::array tables;
  session.job.table = "sqlite_master";
  const auto names =
      TRY(all_rows(session, fmt::format("SELECT name FROM {} WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name",
                                        TRY(relation_of(session)))));
  for (const auto& row : names) tables.push_back(json::object{{"schema", "main"}, {"name", row[0]}});
  return json::object{{"tables", std::move(tables)}};
}

Result<json::object> check_store(const WorkerContext& context, const json::object& arguments) {
  const auto job = TRY(parse_job(arguments));
  const fs::path path = text_at(job.coordinates, "path");
  std::error_code failure;
  const auto status = fs::status(path, failure);
  if (!fs::exists(status)) {
    return fail(ErrorKind::Unprocessable, "data_store.unreachable",
                fmt::format("{} does not exist, or the server may not look there.", path.string()),
                "Check the path, and that the setting stores.folders holds a folder above it.");
  }
  if (job.type == DataStoreType::Folder && !fs::is_directory(status))
    return fail(ErrorKind::Unprocessable, "data_store.unreachable", fmt::format("{} is not a folder.", path.string()));
  const auto listed = TRY(list_tables(context, arguments));
  if (listed.at("tables").as_array().empty()) {
    return fail(
        ErrorKind::Unprocessable, "data_store.empty", fmt::format("{} has no table.", path.string()),
        "A folder's tables are its files .csv, .tsv, .json, .ndjson, .jsonl and .parquet (.gz and .zst too) and those of its sub-folders.");
  }
  return json::object{};
}

// Lines of a text file, guessed from its beginning; exact for Parquet.
Result<std::optional<std::int64_t>> estimate_rows(Session& session) {
  if (session.job.type == DataStoreType::Sqlite) return std::nullopt;
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
  auto session = TRY(open_session(context, arguments));
  const auto select = TRY(portable_select(session));
  std::error_code failure;
  if (session.job.type == DataStoreType::Folder && fs::file_size(TRY(file_of(session.job)), failure) == 0 && !failure) {
    return fail(ErrorKind::Unprocessable, "data_store.empty_table",
                fmt::format("{} is empty: it has neither columns nor rows.", session.job.table),
                "Map it once something was written to it; a first line with the columns' names is enough.");
  }
  auto columns = session.connection->describe(select);
  if (!columns) return fail(explain(columns.error(), session.job));
  json::object reply{{"columns", columns_json(*columns)}};
  if (auto estimate = TRY(estimate_rows(session))) reply["row_estimate"] = *estimate;
  return reply;
}

std::vector<std::string> withheld_of(const json::object& arguments) {
  std::vector<std::string> withheld;
  for (const auto& name : arguments.at("withheld").as_array()) withheld.emplace_back(name.as_string());
  return withheld;
}

Result<json::object> profile_table(const WorkerContext& context, const json::object& arguments) {
  auto session = TRY(open_session(context, arguments));
  const auto select = TRY(portable_select(session));
  const auto columns = TRY(session.connection->describe(select));
  const auto withheld = withheld_of(arguments);
  std::string list = "count(*)";
  std::vector<std::string> profiled;
  for (const auto& column : columns) {
    if (std::ranges::find(withheld, column.name) != withheld.end()) continue;
    const auto name = duck::quote_identifier(column.name);
    list += fmt::format(", approx_count_distinct({0}), count({0}), min({0}), max({0})", name);
    profiled.push_back(column.name);
  }
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
  auto session = TRY(open_session(context, arguments));
  const auto select = TRY(portable_select(session));
  const auto withheld = withheld_of(arguments);
  json::array names;
  std::string list;
  for (const auto& column : TRY(session.connection->describe(select))) {
    if (std::ranges::find(withheld, column.name) != withheld.end()) continue;
    names.emplace_back(column.name);
    list += fmt::format("{}{}", list.empty() ? "" : ", ", duck::quote_identifier(column.name));
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

Result<json::object> pull_table(const WorkerContext& context, const json::object& arguments) {
  auto session = TRY(open_session(context, arguments));
  const auto select = TRY(portable_select(session));
  const auto target = (context.out / "table.parquet").string();
  auto rows = session.connection->execute(duck::copy_to_parquet(select, target));
  if (!rows) return fail(explain(rows.error(), session.job));
  const auto columns = TRY(session.connection->describe(fmt::format("SELECT * FROM read_parquet({})", duck::quote_literal(target))));
  return json::object{{"rows", *rows}, {"columns", columns_json(columns)}};
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
          verb("store.sample", sample_table, sample_postgres),       verb("store.pull", pull_table, pull_postgres)};
}

}  // namespace weft
