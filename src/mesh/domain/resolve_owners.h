// From what a form says about owners, ids or names, to the people meant.
#pragma once

#include "mesh/domain/domain_ports.h"

namespace weft {

// Adds a complaint for each that is unknown, disabled, named twice, or without the role domain-owner, in which ownership would
// not count.
[[nodiscard]] Result<std::vector<OwnerName>> resolve_owners(Tx& tx, UserStore& users, const std::vector<std::string>& ids_or_names,
                                                            std::vector<FieldError>& complaints);

}  // namespace weft
