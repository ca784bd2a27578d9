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
  std::optional<std::string> name;  // until a published product reads it
  std::optional<std::string> title, description;
  std::vector<ChangeColumn> columns;
};

// What whoever may not know of an element is told.
[[nodiscard]] Error element_not_found();

// Errors: `form.invalid` for columns that it has not, `element.changed`, `element.name_fixed`, `element.name_taken` (409).
[[nodiscard]] Result<Element> change_element(Tx& tx, const Context& context, const ElementPorts& ports, Element element,
                                             const ChangeElement& input);

// Errors: `element.in_use` (409).
[[nodiscard]] Result<void> remove_element(Tx& tx, const Context& context, const ElementPorts& ports, const Element& element);

}  // namespace weft
