// An element that is a table of a store, and the way into that store. Not about what is read there.
#pragma once

#include "mesh/element/element_ports.h"

namespace weft {

struct OpenTable {
  Element element;  // with a mapping
  StoreAccess access;
};

// Errors: `element.not_found`, `element.not_mapped` (a view), `data_store.no_right` when the domain may no longer use the store.
[[nodiscard]] Result<OpenTable> open_table(Tx& tx, const Principal& who, const ElementPorts& ports, const ElementId& id);

}  // namespace weft
