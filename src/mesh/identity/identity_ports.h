// What the use cases of identity stand on.
#pragma once

#include "mesh/audit/audit.h"
#include "mesh/identity/password_throttle.h"
#include "mesh/identity/secrets.h"
#include "mesh/identity/user_store.h"

namespace weft {

struct IdentityPorts {
  UserStore& users;
  CredentialStore& credentials;
  AuditLog& audit;
  Secrets& secrets;
};

// For what verifies a password: that takes tens of milliseconds, during which no transaction may be open.
struct PasswordPorts {
  IdentityPorts identity;
  Transactor& transactor;
  WrongPasswordStore& wrong_passwords;
  AddressThrottle& addresses;
  std::int64_t session_seconds = kSessionSeconds;
};

}  // namespace weft
