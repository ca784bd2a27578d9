// From what a form says about owners, ids or names, to the people meant.
#pragma once

#include "mesh/domain/domain_ports.h"

namespace weft {

// Errors: `form.invalid` with a complaint for each that is unknown, disabled, named twice, or without the role
// domain-owner, in which ownership would not count.
[[nodiscard]] Result<std::vector<OwnerName>> resolve_owners(Tx& tx, UserStore& users, const std::vector<std::string>& ids_or_names);

}  // namespace weft
