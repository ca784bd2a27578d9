#include "mesh/datastore/store_job_worker.h"

namespace weft {

namespace {

namespace fs = std::filesystem;

Error no_such_table(const StoreJob& job) {
  return make_error(ErrorKind::NotFound, "data_store.no_such_table",
                    fmt::format("The store has no table '{}' in the schema '{}'.", job.table, job.schema))
      .with_hint("Browse the store's tables for the names.");
}

Error no_such_schema(const std::vector<std::string>& schemas) {
  return make_error(ErrorKind::NotFound, "data_store.no_such_schema",
                    fmt::format("The store has no schema '{}'.", fmt::join(schemas, "' and no schema '")))
      .with_hint(
          "In a folder the schemas are its sub-folders, and main is the folder itself; a SQLite file has main alone. Browse the store's "
          "tables, or have the store's rights changed.");
}

Error unreachable(std::string message, std::string hint) {
  return make_error(ErrorKind::Unprocessable, "data_store.unreachable", std::move(message)).with_hint(std::move(hint));
}

}  // namespace

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

Result<void> check_place(const StoreJob& job) {
  const fs::path path = text_at(job.coordinates, "path");
  std::error_code failure;
  const auto status = fs::status(path, failure);
  if (!fs::exists(status))
    return fail(unreachable(fmt::format("{} does not exist, or the server may not look there.", path.string()),
                            "Check the path, and that the setting stores.folders holds a folder above it."));
  if (job.type == DataStoreType::Folder) {
    if (!fs::is_directory(status))
      return fail(unreachable(fmt::format("{} is not a folder.", path.string()), "Give the folder that the files are in."));
    const fs::directory_iterator listed(path, failure);
    if (failure)
      return fail(unreachable(fmt::format("{} can't be listed: {}.", path.string(), failure.message()),
                              "Let the server's user read and enter the folder."));
  } else if (!fs::is_regular_file(status)) {
    return fail(unreachable(fmt::format("{} is not a file.", path.string()), "Give the file of the SQLite database."));
  }
  return {};
}

Result<void> check_schemas(const StoreJob& job, const json::object& arguments) {
  std::vector<std::string> wanted;
  for (const auto& name : arguments.at("schemas").as_array()) wanted.emplace_back(name.as_string());
  const fs::path root = text_at(job.coordinates, "path");
  auto exists = [&](const std::string& schema) {
    std::error_code failure;
    return schema == "main" || (job.type == DataStoreType::Folder && !schema.empty() && !schema.starts_with('.') &&
                                schema.find('/') == std::string::npos && fs::is_directory(root / schema, failure));
  };
  if (wanted.empty() || std::ranges::any_of(wanted, exists)) return {};
  return fail(no_such_schema(wanted));
}

Result<fs::path> file_of(const StoreJob& job) {
  const bool plain = !job.table.empty() && job.table.find('/') == std::string::npos && !job.table.starts_with('.') &&
                     job.schema.find('/') == std::string::npos && !job.schema.starts_with('.');
  if (!plain || reader_of(job.table).empty()) return fail(no_such_table(job));
  fs::path path = text_at(job.coordinates, "path");
  std::error_code failure;
  if (job.schema != "main") {
    path /= job.schema;
    if (!fs::is_directory(path, failure)) return fail(no_such_schema({job.schema}));
  }
  path /= job.table;
  if (!fs::is_regular_file(path, failure)) return fail(no_such_table(job));
  return path;
}

json::array list_folder_tables(const fs::path& root) {
  json::array tables;
  auto add_files = [&](const fs::path& folder, const std::string& schema) {
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(folder, failure)) {
      const auto name = entry.path().filename().string();
      if (tables.size() < kMaxStoreTables && !name.starts_with('.') && entry.is_regular_file(failure) && !reader_of(name).empty()) {
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

}  // namespace weft
