// Port: which elements stand for a store's tables.
#pragma once

#include "base/transaction.h"
#include "mesh/datastore/coverage.h"

namespace weft {

class CoverageStore {
 public:
  virtual ~CoverageStore() = default;
  // By schema, table and domain.
  [[nodiscard]] virtual Result<std::vector<TableMapping>> mappings(Tx& tx, const DataStoreId& store) = 0;
};

}  // namespace weft
