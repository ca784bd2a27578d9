// Somebody replaces his own password, which he must know. His other sessions end; his tokens, which programs hold, only
// where he says so.
#pragma once

#include "mesh/identity/check_password.h"

namespace weft {

struct ChangePassword {
  std::string current, next;
  std::string address;       // of the client
  std::string kept_session;  // hash of the one that asks; empty: none
  enum class Tokens { Stay, End } tokens = Tokens::Stay;
};

// Opens its own transactions. Errors: `form.invalid` (the new one is weak, the current one wrong: both are said at once), those of
// check_password(), `user.changed` when it was set meanwhile.
[[nodiscard]] Result<void> change_password(const Context& context, const PasswordPorts& ports, const ChangePassword& input);

}  // namespace weft
