// Port: data stores and their sealed secrets.
#pragma once

#include "base/page.h"
#include "base/transaction.h"
#include "mesh/datastore/source.h"

namespace weft {

struct DataStoreFilter {
  // Limits what the caller may know: kept by this user, or a right of these domains (or those below); nullopt: all.
  struct Visible {
    UserId keeper;
    std::vector<std::string> domains;
  };
  std::optional<Visible> visible;
};

class DataStoreStore {
 public:
  virtual ~DataStoreStore() = default;
  [[nodiscard]] virtual Result<std::optional<DataStore>> find(Tx& tx, const DataStoreId& id) = 0;
  [[nodiscard]] virtual Result<std::vector<DataStore>> list(Tx& tx, const DataStoreFilter& filter, const PageRequest& page) = 0;
  // The secret is sealed by the adapter. Errors: `data_store.name_taken`, `domain.archived` (one that is given a right).
  [[nodiscard]] virtual Result<void> insert(Tx& tx, const DataStore& store, std::optional<std::string> secret) = 0;
  // Title, description, coordinates, rights; raises the version. Errors: `data_store.changed`, `domain.archived`.
  [[nodiscard]] virtual Result<void> update(Tx& tx, const DataStore& store) = 0;
  // Its last check, where it still has the version that was checked. Raises no version: nobody's edit is about it.
  [[nodiscard]] virtual Result<void> record_check(Tx& tx, const DataStore& store) = 0;
  [[nodiscard]] virtual Result<void> set_secret(Tx& tx, const DataStoreId& id, std::optional<std::string> secret) = 0;
  // As it is at that version. Errors: `data_store.changed`, `data_store.in_use`.
  [[nodiscard]] virtual Result<void> remove(Tx& tx, const DataStore& store) = 0;
  // The store with its secret in clear, for a pull worker. Errors: `secret.unreadable`.
  [[nodiscard]] virtual Result<StoreAccess> open_access(Tx& tx, const DataStore& store) = 0;
};

}  // namespace weft
