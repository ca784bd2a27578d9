// A data store: somewhere data already lives. It belongs to the organisation; its keeper gives domains the right to use
// it. Pure: no HTTP, no SQL, no secrets in clear.
#pragma once

#include "base/json.h"
#include "mesh/domain/domain.h"

namespace weft {

using DataStoreId = Id<struct DataStoreTag>;

enum class DataStoreType { Folder, Sqlite, Postgres };
[[nodiscard]] std::string_view to_text(DataStoreType type);  // `folder`, `sqlite`, `postgres`
[[nodiscard]] Result<DataStoreType> parse_data_store_type(std::string_view text);

// Where it is. Folder: {"path", "csv":{"null":"NA","delimiter":",","quote":"\"","skip":1,"header":true}?}, what is not said of
// CSV files is found by looking; Sqlite: {"path"}; Postgres: {"host","port","database","user",
// "tls":"disable|prefer|require|verify-full"?, "ca"?}: `ca` holds the trusted authorities as PEM.
struct Coordinates {
  json::object fields;
};
[[nodiscard]] Result<Coordinates> parse_coordinates(DataStoreType type, const json::value& value);

struct StoreRight {
  DomainId domain;
  std::string domain_path;
  std::optional<std::string> schema;  // nullopt: the whole store

  bool operator==(const StoreRight&) const = default;
};

struct DataStore {
  DataStoreId id;
  std::string name, title, description;
  DataStoreType type = DataStoreType::Folder;
  Coordinates coordinates;
  enum class Secret { None, Kept } secret = Secret::None;
  OwnerName keeper;
  std::vector<StoreRight> rights;
  struct LastCheck {
    Timestamp at;
    enum class Outcome { Reachable, Failed } outcome;
    std::string diagnosis;
  };
  std::optional<LastCheck> last_check;
  Timestamp created_at, updated_at;
  std::int64_t version = 1;
};

// Where tables are when nobody says: `main`, in PostgreSQL `public`.
[[nodiscard]] std::string_view default_schema(DataStoreType type);

// Whether that domain (or one above it) was given that schema of the store.
[[nodiscard]] bool may_use(const DataStore& store, std::string_view domain_path, std::string_view schema);
[[nodiscard]] json::object to_audit(const DataStore& store);

}  // namespace weft
