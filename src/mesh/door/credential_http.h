// Who a request comes from: the token or the session cookie that it bears.
#pragma once

#include "base/transaction.h"
#include "mesh/identity/user_store.h"
#include "platform/http/message.h"

namespace weft {

inline constexpr std::string_view kSessionCookie = "weft_session";
inline constexpr std::string_view kSecureSessionCookie = "__Host-weft_session";

// The credential of a request. Empty `secret_hash`: none.
struct Credential {
  enum class Kind { None, Session, Token } kind = Kind::None;
  std::string secret_hash;
};
// Errors: `session.bad_authorization` (401).
[[nodiscard]] Result<Credential> credential_of(const http::RequestHead& head);

// Who stands behind a credential, and how long.
struct Caller {
  Principal who;  // anonymous for None
  std::optional<Timestamp> expires_at;
};
// Errors: `session.invalid`, `token.invalid` (401).
[[nodiscard]] Result<Caller> authenticate(Tx& tx, const Credential& credential, UserStore& users, CredentialStore& credentials,
                                          Timestamp now);

}  // namespace weft
