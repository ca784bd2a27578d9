// What the use cases of data stores stand on.
#pragma once

#include "mesh/audit/audit.h"
#include "mesh/datastore/datastore_store.h"
#include "mesh/domain/domain_store.h"

namespace weft {

struct DataStorePorts {
  Transactor& transactor;
  DataStoreStore& data_stores;
  DomainStore& domains;
  AuditLog& audit;
  Source& source;
  // Folders under which file stores may lie (`stores.folders`); the data folder is never among them.
  std::vector<std::string> folders;
};

// What whoever may not know of a store is told.
[[nodiscard]] Error data_store_not_found();

// Those who may know a store: its keeper, administrators, owners of domains with a right. Errors: `data_store.not_found`.
[[nodiscard]] Result<DataStore> get_data_store(Tx& tx, const Principal& who, DataStoreStore& data_stores, const DataStoreId& id);
// Its keeper and administrators. Errors: `data_store.not_found`, `data_store.not_yours` (403).
[[nodiscard]] Result<DataStore> get_own_data_store(Tx& tx, const Principal& who, DataStoreStore& data_stores, const DataStoreId& id);

}  // namespace weft
