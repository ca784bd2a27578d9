// Whoever holds a link sets a password with it, once; with the link of the first start he becomes the administrator.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

struct UseLink {
  std::string link;  // the URL, or only what stands after its `#`
  std::string password;
  std::string name = "admin";  // of the first administrator; without meaning for a reset
  std::string password_hash;   // made before the transaction, which must not wait for it
};

// Whether the link holds and the password may be set by it: only then is it worth hashing. Errors: `link.invalid` (403),
// `form.invalid`.
[[nodiscard]] Result<void> check_link(Tx& tx, const Context& context, const IdentityPorts& ports, const UseLink& input);

// Ends all that the user was signed in with, sessions and tokens: somebody else may have had the password of before.
// REQUIRES: `password_hash`. Errors: those of check_link(), `user.name_taken`.
[[nodiscard]] Result<User> use_link(Tx& tx, const Context& context, const IdentityPorts& ports, const UseLink& input);

}  // namespace weft
