#include "mesh/door/credential_http.h"

#include "platform/crypto/crypto.h"

namespace weft {

namespace {

std::optional<std::string> cookie(const http::RequestHead& head, std::string_view name) {
  for (const auto& [header, value] : head.headers) {
    if (header.size() != 6 || strncasecmp(header.data(), "cookie", 6) != 0) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      auto end = rest.find(';');
      auto pair = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
        return std::string(pair.substr(name.size() + 1));
      }
    }
  }
  return std::nullopt;
}

}  // namespace

Result<Credential> credential_of(const http::RequestHead& head) {
  if (auto authorization = head.header("authorization")) {
    constexpr std::string_view kScheme = "bearer ";
    if (authorization->size() <= kScheme.size() || strncasecmp(authorization->data(), kScheme.data(), kScheme.size()) != 0) {
      return fail(ErrorKind::Unauthenticated, "session.bad_authorization", "The Authorization header is not of the form 'Bearer <token>'.");
    }
    return Credential{Credential::Kind::Token, sha256_hex(authorization->substr(kScheme.size()))};
  }
  // Under TLS only the __Host- name counts: a plain-HTTP neighbour can't plant it.
  if (auto value = cookie(head, head.secure ? kSecureSessionCookie : kSessionCookie)) {
    return Credential{Credential::Kind::Session, sha256_hex(*value)};
  }
  return Credential{};
}

Result<Caller> authenticate(Tx& tx, const Credential& credential, UserStore& users, CredentialStore& credentials, Timestamp now) {
  std::optional<CredentialOwner> owner;
  switch (credential.kind) {
    case Credential::Kind::None: return Caller{};
    case Credential::Kind::Session: owner = TRY(credentials.find_session(tx, credential.secret_hash, now)); break;
    case Credential::Kind::Token: owner = TRY(credentials.find_token_user(tx, credential.secret_hash, now)); break;
  }
  if (owner) {
    if (auto principal = TRY(users.find_principal(tx, owner->user))) return Caller{std::move(*principal), owner->expires_at};
  }
  if (credential.kind == Credential::Kind::Token) {
    return fail(ErrorKind::Unauthenticated, "token.invalid", "The token is unknown, expired or revoked.",
                "Make a new one with POST /api/v1/tokens.");
  }
  return fail(ErrorKind::Unauthenticated, "session.invalid", "The session has ended.", "Sign in again.");
}

}  // namespace weft
