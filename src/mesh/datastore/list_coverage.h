// Walks over stores and their tables in pages. Looking into a store costs one worker's job, whatever it holds.
#pragma once

#include "mesh/datastore/coverage_store.h"
#include "mesh/datastore/datastore_store.h"
#include "mesh/domain/domain_store.h"
#include "mesh/identity/user_store.h"

namespace weft {

struct CoveragePorts {
  Transactor& transactor;
  DataStoreStore& data_stores;
  CoverageStore& coverage;
  DomainStore& domains;
  UserStore& users;
  Source& source;
};

struct CoverageLine {
  DataStore store;
  CoveredTable table;
};

inline constexpr int kMaxLooks = 8;           // stores that are looked into for one page
inline constexpr int kMaxStoresAtOnce = 200;  // that are looked at for one page

// A page may hold fewer lines than asked for, even none, and still have a next one. `store`: of this one only. A domain that was moved
// goes by its old path, too.
// Errors: `data_store.not_found`, `query.cursor`.
[[nodiscard]] Result<Page<CoverageLine>> list_covered_tables(const CoveragePorts& ports, const std::optional<DataStoreId>& store,
                                                             TableFilter filter, const PageRequest& page);

// `state`: one of kStoreStates. Errors: `query.invalid`.
[[nodiscard]] Result<Page<StoreCoverage>> list_covered_stores(Tx& tx, const CoveragePorts& ports, const std::optional<std::string>& state,
                                                              const PageRequest& page);

}  // namespace weft
