// Adapters: sessions, tokens and links, and wrong passwords, on the metadata store.
#pragma once

#include <memory>

#include "mesh/identity/password_throttle.h"
#include "mesh/identity/user_store.h"

namespace weft {

[[nodiscard]] std::unique_ptr<CredentialStore> make_sql_credential_store();
[[nodiscard]] std::unique_ptr<WrongPasswordStore> make_sql_wrong_password_store();

}  // namespace weft
