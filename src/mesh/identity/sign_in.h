// Somebody proves who he is and gets a session.
#pragma once

#include "mesh/identity/check_password.h"

namespace weft {

using SignIn = CheckPassword;

struct SignedIn {
  User user;
  Principal principal;
  std::string secret;  // for the cookie
};

// Opens its own transactions. Errors: `session.wrong_password` (401), those of check_password().
[[nodiscard]] Result<SignedIn> sign_in(const Context& context, const PasswordPorts& ports, const SignIn& input);

}  // namespace weft
