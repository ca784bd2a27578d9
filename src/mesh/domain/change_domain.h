// Owners describe their domain; the administrator names its owners.
#pragma once

#include "mesh/domain/domain_ports.h"

namespace weft {

// What is not given stays as it is.
struct ChangeDomain {
  DomainId domain;
  std::optional<std::string> title, description;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::vector<std::string>> owners;  // ids or names; the whole list
  std::vector<FieldError> complaints = {};         // what its form had to say: told together with what else is wrong
};

// Errors: `domain.not_found`, `domain.not_yours`, `domain.owners_denied`, `domain.archived`, `form.invalid`,
// `domain.changed`.
[[nodiscard]] Result<Domain> change_domain(Tx& tx, const Context& context, const DomainPorts& ports, const ChangeDomain& input);

}  // namespace weft
