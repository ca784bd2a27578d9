// A store of files as a pull worker is told of it, and whether it is where it should be. Opens no file.
#pragma once

#include <filesystem>

#include "base/json.h"
#include "base/result.h"
#include "mesh/datastore/datastore.h"

namespace weft {

struct StoreJob {
  DataStoreType type = DataStoreType::Folder;
  json::object coordinates;
  std::string schema, table;  // where the job is about one
};

inline constexpr std::size_t kMaxStoreTables = 10'000;

[[nodiscard]] std::string text_at(const json::object& object, std::string_view key);
[[nodiscard]] Result<StoreJob> parse_job(const json::object& arguments);

// What DuckDB calls the reader of a file with that name; empty: not one of ours.
[[nodiscard]] std::string_view reader_of(std::string_view file);

// What every look begins with: that the store is still where it was. Errors: `data_store.unreachable`.
[[nodiscard]] Result<void> check_place(const StoreJob& job);

// Whether one of the schemas that the asker may see (`schemas` of the arguments) is there at all. Errors:
// `data_store.no_such_schema`.
[[nodiscard]] Result<void> check_schemas(const StoreJob& job, const json::object& arguments);

// A folder's tables are its files (schema `main`) and those of its sub-folders (a schema each). Errors:
// `data_store.no_such_table`, `data_store.no_such_schema`.
[[nodiscard]] Result<std::filesystem::path> file_of(const StoreJob& job);
[[nodiscard]] json::array list_folder_tables(const std::filesystem::path& root);

}  // namespace weft
