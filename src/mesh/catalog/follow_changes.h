// Keeps the catalog's index true to the store: it follows the audit log, in which every change stands exactly once.
#pragma once

#include <condition_variable>

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

// Thread-safe. Goes on where the index was saved; fills it anew when it was not, or belongs to another history.
class CatalogFollower {
 public:
  explicit CatalogFollower(const CatalogPorts& ports) : ports_(ports) {}
  // Brings the index up to everything that was committed before the call. Cheap when there is nothing new.
  // Errors: `catalog.filling` (Unavailable): another thread has been at it for a while, as with the first fill of a big mesh.
  [[nodiscard]] Result<void> follow();
  // What was followed need not be followed again after a restart. Errors: as follow()'s.
  [[nodiscard]] Result<void> save();
  // Ends a long follow() soon, with an error.
  void stop() { stopping_ = true; }

 private:
  [[nodiscard]] Result<void> resume(Tx& tx, const AuditLog::Head& head);
  // All of the mesh, or a domain and what is below it.
  [[nodiscard]] Result<void> fill(Tx& tx, const std::optional<std::string>& within);
  [[nodiscard]] Result<void> refresh(Tx& tx, const AuditEntry& record);

  // One thread at a time has what is below it. (A timed mutex would do, but GCC 12's thread sanitizer doesn't know it.)
  class Turn;

  const CatalogPorts& ports_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable turn_ended_;
  bool taken_ = false;
  AuditLog::Head followed_{-1, ""};  // the last entry that was followed; -1: not filled yet
  std::string saved_;                // the mark of the last save
};

}  // namespace weft
