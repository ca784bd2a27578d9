// Keeps the catalog's index true to the store: it follows the audit log, in which every change stands exactly once.
#pragma once

#include "mesh/audit/audit.h"
#include "mesh/catalog/catalog.h"
#include "mesh/domain/domain_store.h"
#include "mesh/element/element_store.h"
#include "mesh/product/product_store.h"

namespace weft {

struct CatalogPorts {
  Transactor& transactor;
  AuditLog& audit;
  DomainStore& domains;
  ElementStore& elements;
  ProductStore& products;
  CatalogIndex& index;
};

// Thread-safe. Begins with an empty index and fills it at the first call of follow().
class CatalogFollower {
 public:
  explicit CatalogFollower(const CatalogPorts& ports) : ports_(ports) {}
  // Brings the index up to everything that was committed before the call. Cheap when there is nothing new.
  [[nodiscard]] Result<void> follow();

 private:
  [[nodiscard]] Result<void> fill(Tx& tx);
  [[nodiscard]] Result<void> refresh(Tx& tx, const AuditEntry& record);

  const CatalogPorts& ports_;
  std::mutex mutex_;
  std::int64_t sequence_ = -1;  // of the last entry that was followed; -1: not filled yet
};

}  // namespace weft
