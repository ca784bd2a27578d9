// A domain, with all below it, gets another place or name. The old paths stay as aliases.
#pragma once

#include "mesh/domain/domain_ports.h"

namespace weft {

struct MoveDomain {
  std::string domain;  // path or id
  // What is not given stays as it is; an empty path: to the root.
  std::optional<std::string> parent;
  std::optional<std::string> name;
  std::vector<FieldError> complaints = {};  // what its form had to say: told together with what else is wrong
};

// Errors: `domain.not_found`, `form.invalid`, `domain.cycle`, `domain.archived`, `domain.path_taken`.
[[nodiscard]] Result<Domain> move_domain(Tx& tx, const Context& context, const DomainPorts& ports, const MoveDomain& input);

}  // namespace weft
