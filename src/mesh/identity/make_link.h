// Links that set a password once: an administrator's for somebody who forgot his, and the one of the first start.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

struct PasswordLink {
  std::string url;
  Timestamp expires_at;
};

// `public_url` without a path: `https://weft.example`. The secret stands after the `#`, so that no server or proxy logs it.
// Errors: `user.not_found`.
[[nodiscard]] Result<PasswordLink> make_reset_link(Tx& tx, const Context& context, const IdentityPorts& ports, const UserId& user,
                                                   std::string_view public_url);

// nullopt when there is an active administrator. Whoever opens it makes himself one. REQUIRES: the system's context.
[[nodiscard]] Result<std::optional<PasswordLink>> make_first_link(Tx& tx, const Context& context, const IdentityPorts& ports,
                                                                  std::string_view public_url);

}  // namespace weft
