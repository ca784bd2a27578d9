// What the use cases of elements stand on.
#pragma once

#include "mesh/audit/audit.h"
#include "mesh/delivery/row_reader.h"
#include "mesh/domain/domain_store.h"
#include "mesh/product/snapshot_readers.h"
#include "mesh/run/profiler.h"
#include "mesh/run/resolve_ingredients.h"
#include "mesh/run/run_store.h"
#include "mesh/run/transformer.h"

namespace weft {

struct ElementPorts {
  Transactor& transactor;
  ElementStore& elements;
  DataStoreStore& data_stores;
  DomainStore& domains;
  RunStore& runs;
  AuditLog& audit;
  Source& source;
  Transformer& transformer;
  IngredientPorts ingredients;
  Profiler& profiler;
  RowReader& reader;
  SnapshotReaders& readers;
  std::filesystem::path data;  // views' snapshots lie below it
};

// Owners of its domain and administrators; to others it does not exist. Errors: `element.not_found`.
[[nodiscard]] Result<Element> get_element(Tx& tx, const Principal& who, ElementStore& elements, const ElementId& id);

}  // namespace weft
