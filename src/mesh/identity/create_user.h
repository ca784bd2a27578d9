// The administrator adds somebody. `weft admin create` and the link of the first start make the first administrator so.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

struct CreateUser {
  std::string name;
  std::string email;                    // empty: none
  std::optional<std::string> password;  // none: a link sets the first one
  Roles roles;
  // Of the password: made before the transaction, which must not wait for it.
  std::optional<std::string> password_hash = {};
};

// All that is wrong with it, but for a name that is taken.
[[nodiscard]] std::vector<FieldError> complaints_about(const CreateUser& input);

// REQUIRES: `password_hash` where there is a password. Errors: `form.invalid`, `user.name_taken`.
[[nodiscard]] Result<User> create_user(Tx& tx, const Context& context, const IdentityPorts& ports, const CreateUser& input);

}  // namespace weft
