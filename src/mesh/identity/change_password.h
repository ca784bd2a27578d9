// Somebody replaces his own password, which he must know. His other sessions end.
#pragma once

#include "mesh/identity/check_password.h"

namespace weft {

struct ChangePassword {
  std::string current, next;
  std::string address;       // of the client
  std::string kept_session;  // hash of the one that asks; empty: none
};

// Opens its own transactions. Errors: `form.invalid` (the new one is weak, the current one wrong), those of
// check_password(), `user.changed` when it was set meanwhile.
[[nodiscard]] Result<void> change_password(const Context& context, const PasswordPorts& ports, const ChangePassword& input);

}  // namespace weft
