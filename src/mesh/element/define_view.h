// A value-added element: SQL over elements and subscribed products, checked before it is saved.
#pragma once

#include "mesh/element/element_ports.h"

namespace weft {

struct DefineView {
  std::string domain;  // path
  std::string name, title, description;
  View view;
};

// Opens its own transactions: a worker checks the SQL in between. The first refresh is queued at once.
// Errors: `view.invalid` (422) with every complaint (schema, rights, cycles), `element.name_taken`, `domain.not_yours`.
[[nodiscard]] Result<Element> define_view(const Context& context, const ElementPorts& ports, const DefineView& input);

// The same for a change of an existing view; `expected_version` is the one that the caller has seen.
[[nodiscard]] Result<Element> redefine_view(const Context& context, const ElementPorts& ports, const ElementId& id,
                                            std::int64_t expected_version, const View& view);

}  // namespace weft
