// The administrator grants and takes roles, and shuts people out.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

// What is not given stays as it is.
struct ChangeUser {
  UserId user;
  std::optional<std::string> email;  // empty: none
  std::optional<Roles> roles;        // all of them
  std::optional<UserState> state;    // disabling ends the user's sessions and tokens, and a link that waits for him
};

// What changes nothing leaves no trace.
// Errors: `user.not_found`, `form.invalid`, `user.last_administrator`, `user.changed`.
[[nodiscard]] Result<User> change_user(Tx& tx, const Context& context, const IdentityPorts& ports, const ChangeUser& input);

}  // namespace weft
