// Port: looking into a data store and pulling from it. Behind it: pull workers, which alone meet foreign bytes.
// Nothing of what is read is kept, but for the file that pull() was asked for.
#pragma once

#include <filesystem>

#include "base/cancel.h"
#include "mesh/datastore/datastore.h"

namespace weft {

// A store with its secret in clear: lives as briefly as possible, is never logged.
struct StoreAccess {
  DataStoreType type;
  Coordinates coordinates;
  std::string secret;
};

struct SourceTable {
  std::string schema, name;  // a folder's file `flights.csv` is the table `flights.csv` of schema `main`
  std::optional<std::int64_t> row_estimate;
  std::string comment;
};

struct SourceColumn {
  std::string name;
  std::string type;         // DuckDB's words; how a pull would deliver it
  std::string native_type;  // the store's words
  enum class Null { Allowed, Never } null = Null::Allowed;
  std::optional<int> key_position;  // in the primary key, from 1
  struct Reference {
    std::string schema, table, column;
  };
  std::optional<Reference> references;  // by a foreign key
  std::string comment;
};

struct SourceSchema {
  std::vector<SourceColumn> columns;
  std::optional<std::int64_t> row_estimate;
  std::string comment;
};

struct ColumnProfile {
  std::string name;
  std::optional<std::int64_t> distinct;  // estimate
  std::optional<double> null_share;
  json::value minimum, maximum;  // null where not known or withheld
};

struct SourceProfile {
  std::int64_t rows = 0;
  std::vector<ColumnProfile> columns;
};

struct Sample {
  std::vector<std::string> columns;
  std::vector<std::vector<json::value>> rows;
};

struct Pull {
  std::string schema, table;
  std::filesystem::path target;  // its Parquet
};

struct Pulled {
  std::int64_t rows = 0, bytes = 0, milliseconds = 0;
  std::vector<SourceColumn> columns;
};

class Source {
 public:
  virtual ~Source() = default;
  // Errors: `data_store.unreachable` and others whose message is the diagnosis.
  [[nodiscard]] virtual Result<void> check(const StoreAccess& access) = 0;
  // Of `schemas`, those that the asker may see, one must exist (none: all are wanted). Errors: as above, `data_store.no_such_schema`.
  [[nodiscard]] virtual Result<std::vector<SourceTable>> tables(const StoreAccess& access, const std::vector<std::string>& schemas) = 0;
  // Errors: as above, `data_store.no_such_table`, `data_store.no_such_schema`.
  [[nodiscard]] virtual Result<SourceSchema> describe(const StoreAccess& access, std::string_view schema, std::string_view table) = 0;
  // Statistics of the columns in `shown` that the table has, computed by the store where it can.
  [[nodiscard]] virtual Result<SourceProfile> profile(const StoreAccess& access, std::string_view schema, std::string_view table,
                                                      const std::vector<std::string>& shown) = 0;
  [[nodiscard]] virtual Result<Sample> sample(const StoreAccess& access, std::string_view schema, std::string_view table,
                                              const std::vector<std::string>& shown, int rows) = 0;
  // Writes tables as Parquet (durable when it returns), all of them as they were at one instant: PostgreSQL and SQLite tell
  // by a transaction, files by not having been written to meanwhile. Errors: as above, `data_store.busy`.
  [[nodiscard]] virtual Result<std::vector<Pulled>> pull(const StoreAccess& access, const std::vector<Pull>& pulls, const Cancel& cancel,
                                                         const std::function<void(std::int64_t rows)>& progress) = 0;
};

}  // namespace weft
