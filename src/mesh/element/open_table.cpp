#include "mesh/element/open_table.h"

namespace weft {

Result<OpenTable> open_table(Tx& tx, const Principal& who, const ElementPorts& ports, const ElementId& id) {
  auto element = TRY(get_element(tx, who, ports.elements, id));
  if (!element.mapping)
    return fail(ErrorKind::Conflict, "element.not_mapped", "The element is no table of a store.", "Only tables have a store to look into.");
  auto store = TRY(ports.data_stores.find(tx, element.mapping->store));
  if (!store || !may_use(*store, element.domain_path, element.mapping->schema)) {
    return fail(ErrorKind::Denied, "data_store.no_right",
                fmt::format("{} may no longer use the store {}.", element.domain_path, element.mapping->store_name), "Ask its keeper.");
  }
  auto access = TRY(ports.data_stores.open_access(tx, *store));
  return OpenTable{std::move(element), std::move(access)};
}

}  // namespace weft
