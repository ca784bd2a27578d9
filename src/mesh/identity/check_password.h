// Whether a password is somebody's: in the same time and with the same answer whether the name exists or not, and not
// more often than the throttle allows. Signing in and changing one's password both stand on it.
#pragma once

#include "mesh/identity/identity_ports.h"

namespace weft {

struct CheckPassword {
  std::string name;
  std::string password;
  std::string address;  // of the client
};

struct PasswordOwner {
  User user;
  std::string hash;  // what the password was compared with
};

// nullopt: it is wrong, or nobody active has that name. Opens its own transactions. Errors: `password.throttled`,
// `password.address_throttled` (429; the password was not looked at, but for the one that closed the name).
[[nodiscard]] Result<std::optional<PasswordOwner>> check_password(Timestamp now, const PasswordPorts& ports, const CheckPassword& input);

}  // namespace weft
