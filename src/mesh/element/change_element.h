// What owners say of an element: title, meaning of its columns, what is personal. And dropping it.
#pragma once

#include "mesh/element/element_ports.h"

namespace weft {

struct ChangeColumn {
  std::string name;
  std::optional<std::string> description;
  std::optional<Personal> personal;  // Confirmed or Cleared
};

struct ChangeElement {
  std::optional<std::string> title, description;
  std::vector<ChangeColumn> columns;
};

// Errors: `form.invalid` for columns that it has not, `element.changed`.
[[nodiscard]] Result<Element> change_element(Tx& tx, const Context& context, const ElementPorts& ports, Element element,
                                             const ChangeElement& input);

// Errors: `element.in_use` (409).
[[nodiscard]] Result<void> remove_element(Tx& tx, const Context& context, const ElementPorts& ports, const Element& element);

}  // namespace weft
