// A session ends.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

// `session_hash` is the caller's own.
[[nodiscard]] Result<void> sign_out(Tx& tx, const Context& context, const IdentityPorts& ports, std::string_view session_hash);

}  // namespace weft
