// A token stops working.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

// One of the caller's own. Errors: `token.not_found`.
[[nodiscard]] Result<void> delete_token(Tx& tx, const Context& context, const IdentityPorts& ports, const TokenId& id);

}  // namespace weft
