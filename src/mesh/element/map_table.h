// Picking a table of a store for a domain: a foundational element appears, with schema and suspicions. No row moves.
#pragma once

#include "mesh/element/element_ports.h"

namespace weft {

struct MapTable {
  std::string domain;  // path
  DataStoreId store;
  std::string schema, table;  // schema empty: default_schema()
  std::string name;           // of the element; empty: made from the table's
  std::string title, description;
};

// Opens its own transactions: a worker looks at the table in between. Errors: `domain.not_found`, `domain.not_yours`,
// `data_store.not_found`, `data_store.no_right` (403), `data_store.no_such_table`, `element.name_taken`, `element.already_mapped`.
[[nodiscard]] Result<Element> map_table(const Context& context, const ElementPorts& ports, const MapTable& input);

// As it arrives in the catalog: what looks personal is suspected.
[[nodiscard]] ElementColumn column_from(const SourceColumn& source);

// `Flights 2013.csv` → `flights_2013`
[[nodiscard]] std::string element_name_from(DataStoreType type, std::string_view table);

}  // namespace weft
