// Port: elements, with their mapping or view.
#pragma once

#include "base/page.h"
#include "base/transaction.h"
#include "mesh/element/provenance.h"
#include "mesh/product/product_id.h"
#include "mesh/subscription/source_right.h"

namespace weft {

struct ElementFilter {
  std::optional<std::string> within;  // domain path
  std::optional<Category> category;
  std::optional<DataStoreId> store;
  std::optional<std::vector<std::string>> visible_domains;  // limits what the caller may know; with those below
};

// The materialised data of a value-added element.
struct ElementSnapshot {
  std::string file;         // relative to the data folder
  std::int64_t number = 0;  // 1, 2, 3, … of the element
  std::int64_t rows = 0, bytes = 0;
  Timestamp created_at;
  std::vector<SourceRight> rights;       // that its rows rest on
  std::optional<Provenance> provenance;  // of its columns; nullopt: not known
};

// Whether the data is that of an older definition of the view: its columns may hold what the present ones do not.
[[nodiscard]] inline bool is_outdated(const Element& element, const ElementSnapshot& snapshot) {
  return element.view && snapshot.created_at < element.view->defined_at;
}

class ElementStore {
 public:
  virtual ~ElementStore() = default;
  [[nodiscard]] virtual Result<std::optional<Element>> find(Tx& tx, const ElementId& id) = 0;
  [[nodiscard]] virtual Result<std::optional<Element>> find_by_name(Tx& tx, const DomainId& domain, std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::vector<Element>> list(Tx& tx, const ElementFilter& filter, const PageRequest& page) = 0;
  // Errors: `element.name_taken`, `element.already_mapped` (that table, in that domain).
  // Until the transaction is over nobody else settles what a view or a product is made of. REQUIRES: a Write transaction,
  // before it looks.
  [[nodiscard]] virtual Result<void> lock_lineage(Tx& tx) = 0;
  [[nodiscard]] virtual Result<void> insert(Tx& tx, const Element& element) = 0;
  // All but id, domain and mapping. Errors: `element.changed`, `element.name_taken`.
  [[nodiscard]] virtual Result<void> update(Tx& tx, const Element& element) = 0;
  // Errors: `element.changed`, also when it is no more, `element.in_use`.
  [[nodiscard]] virtual Result<void> remove(Tx& tx, const Element& element) = 0;
  // Elements whose view reads that element, or a port of that product.
  [[nodiscard]] virtual Result<std::vector<Element>> readers_of(Tx& tx, const ElementId& element) = 0;
  [[nodiscard]] virtual Result<std::vector<Element>> readers_of(Tx& tx, const ProductId& product) = 0;
  // The products that its view reads.
  [[nodiscard]] virtual Result<std::vector<ProductId>> products_of(Tx& tx, const ElementId& element) = 0;

  [[nodiscard]] virtual Result<std::optional<ElementSnapshot>> current_snapshot(Tx& tx, const ElementId& id) = 0;
  [[nodiscard]] virtual Result<void> insert_snapshot(Tx& tx, const ElementId& id, const ElementSnapshot& snapshot) = 0;
  // Forgets all but the newest `keep` snapshots; returns their files, to be removed once this is committed.
  [[nodiscard]] virtual Result<std::vector<std::string>> prune_snapshots(Tx& tx, const ElementId& id, int keep) = 0;
};

}  // namespace weft
