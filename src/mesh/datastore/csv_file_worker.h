// How a CSV file of a store is read: every line of it, or not at all. DuckDB's sniffer would pass over what does not look
// like the rest (titles, ragged lines, comments), in silence; here such a file is refused by the line.
#pragma once

#include <filesystem>

#include "base/json.h"
#include "platform/duck/duck.h"

namespace weft {

struct CsvFile {
  std::filesystem::path path;
  std::string name;   // for messages
  json::object says;  // `csv` of the store's coordinates: how its owner says that its files are written
};

// The relation, for FROM. Looks at the whole file. Errors: `data_store.unreadable`, `data_store.empty_table`, and DuckDB's
// with their detail, which is for explain_failure().
[[nodiscard]] Result<std::string> csv_relation(duck::Connection& connection, const CsvFile& file);

}  // namespace weft
