// Takes a mapped table's schema as the store has it now: columns that came, went or changed their type. What people said of
// the columns that stay stays said.
#pragma once

#include "mesh/element/element_ports.h"

namespace weft {

// Opens its own transactions: a worker looks at the table in between. Returns the element as it is then, unchanged where the
// store's table is. What is published is not touched. Errors: those of open_table() and Source::describe(), `element.changed`.
[[nodiscard]] Result<Element> reread_table(const Context& context, const ElementPorts& ports, const ElementId& id);

}  // namespace weft
