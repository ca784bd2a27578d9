// What a SQLite file tells of its tables. No row is read, but for counting them.
#pragma once

#include <filesystem>
#include <set>

#include "base/json.h"
#include "base/result.h"

namespace weft {

// Tables and views, as `store.tables` answers them. Errors: those of SqliteReader.
[[nodiscard]] Result<json::array> list_sqlite_tables(const std::filesystem::path& file, std::size_t most);

// Its columns without a declared type, in lower case: each of their values may be of another type, and of views' columns that
// are computed SQLite tells none. Errors: those of SqliteReader, `data_store.no_such_table`, `data_store.no_such_schema`.
[[nodiscard]] Result<std::set<std::string>> find_sqlite_table(const std::filesystem::path& file, const std::string& schema,
                                                              const std::string& table);

// Adds to `columns` (with `name` and `type`) native type, keys and nullability, and tells the row estimate: what ANALYZE found,
// else counted, where that is done in a moment; nullopt: neither. Errors: those of SqliteReader.
[[nodiscard]] Result<std::optional<std::int64_t>> describe_sqlite_table(const std::filesystem::path& file, const std::string& table,
                                                                        json::array& columns);

}  // namespace weft
