// The administrator adds a domain to the tree and names its owners.
#pragma once

#include "mesh/domain/domain_ports.h"

namespace weft {

struct CreateDomain {
  std::string name;
  std::optional<std::string> parent;  // path; none: a domain of its own
  std::string title, description;
  std::vector<std::string> tags;
  std::vector<std::string> owners;          // ids or names
  std::vector<FieldError> complaints = {};  // what its form had to say: told together with what else is wrong
};

// Errors: `form.invalid`, `domain.archived` (the parent), `domain.path_taken`.
[[nodiscard]] Result<Domain> create_domain(Tx& tx, const Context& context, const DomainPorts& ports, const CreateDomain& input);

}  // namespace weft
