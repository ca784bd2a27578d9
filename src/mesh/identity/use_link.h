// Whoever holds a link sets a password with it, once; with the link of the first start he becomes the administrator.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

struct UseLink {
  std::string link;  // the URL, or only what stands after its `#`
  std::string password;
  std::string name = "admin";  // of the first administrator; without meaning for a reset
};

// Ends the user's sessions; his tokens stay. Takes as long as hashing a password, but only for a link that holds.
// Errors: `link.invalid` (403), `form.invalid`, `user.name_taken`.
[[nodiscard]] Result<User> use_link(Tx& tx, const Context& context, const IdentityPorts& ports, const UseLink& input);

}  // namespace weft
