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

// With its refresh, if one is queued or running: returns that run, now cancelled, whose worker the caller then stops. Its
// files are forgotten; once this is committed remove_files() takes them away. Errors: `element.in_use`, `element.changed` (409).
[[nodiscard]] Result<std::optional<RunId>> remove_element(Tx& tx, const Context& context, const ElementPorts& ports,
                                                          const Element& element);

// What was kept of an element that is no more.
void remove_files(const ElementPorts& ports, const ElementId& id);

}  // namespace weft
