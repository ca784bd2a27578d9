// The administrator adds somebody. `weft admin create` and the link of the first start make the first administrator so.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

struct CreateUser {
  std::string name;
  std::string email;                    // empty: none
  std::optional<std::string> password;  // none: a link sets the first one
  Roles roles;
};

// Takes as long as hashing a password. Errors: `form.invalid`, `user.name_taken`.
[[nodiscard]] Result<User> create_user(Tx& tx, const Context& context, const IdentityPorts& ports, const CreateUser& input);

}  // namespace weft
