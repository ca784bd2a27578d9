// Ports: users with their passwords' hashes; sessions, tokens and one-time links.
#pragma once

#include "base/page.h"
#include "base/transaction.h"
#include "mesh/identity/user.h"

namespace weft {

struct UserFilter {
  std::optional<Role> role;
};

class UserStore {
 public:
  virtual ~UserStore() = default;
  [[nodiscard]] virtual Result<std::optional<User>> find(Tx& tx, const UserId& id) = 0;
  // Without regard to the case of ASCII's letters; there are no others in names.
  [[nodiscard]] virtual Result<std::optional<User>> find_by_name(Tx& tx, std::string_view name) = 0;
  // By id; `after` is an id.
  [[nodiscard]] virtual Result<std::vector<User>> list(Tx& tx, const UserFilter& filter, const PageRequest& page) = 0;
  // All active users with that role, by name: the people to notify.
  [[nodiscard]] virtual Result<std::vector<User>> with_role(Tx& tx, Role role) = 0;
  // Errors: `user.name_taken`.
  [[nodiscard]] virtual Result<void> insert(Tx& tx, const User& user, std::optional<std::string> password_hash) = 0;
  // Writes e-mail, roles and state and raises the version. Errors: `user.changed` when `user.version` is stale.
  [[nodiscard]] virtual Result<void> update(Tx& tx, const User& user) = 0;
  [[nodiscard]] virtual Result<std::optional<std::string>> password_hash(Tx& tx, const UserId& id) = 0;
  [[nodiscard]] virtual Result<void> set_password_hash(Tx& tx, const UserId& id, std::string_view hash) = 0;
  // Loads roles and owned domains of an active user.
  [[nodiscard]] virtual Result<std::optional<Principal>> find_principal(Tx& tx, const UserId& id) = 0;
  // From here to the commit nobody else makes or unmakes an administrator who does the same. REQUIRES: Write; called
  // before they are counted.
  [[nodiscard]] virtual Result<void> lock_administrators(Tx& tx) = 0;
  // Active ones.
  [[nodiscard]] virtual Result<std::int64_t> count_administrators(Tx& tx) = 0;
};

// Errors: `user.not_found`.
[[nodiscard]] Result<User> get_user(Tx& tx, UserStore& users, const UserId& id);

// Whose a credential is, and how long.
struct CredentialOwner {
  UserId user;
  std::optional<Timestamp> expires_at;
  bool operator==(const CredentialOwner&) const = default;
};

// Secrets are passed as their SHA-256 (hex).
class CredentialStore {
 public:
  virtual ~CredentialStore() = default;
  // Keeps the newest kMaxSessionsPerUser.
  [[nodiscard]] virtual Result<void> insert_session(Tx& tx, std::string_view secret_hash, const UserId& user, Timestamp now,
                                                    Timestamp expires_at) = 0;
  [[nodiscard]] virtual Result<std::optional<CredentialOwner>> find_session(Tx& tx, std::string_view secret_hash, Timestamp now) = 0;
  [[nodiscard]] virtual Result<void> end_session(Tx& tx, std::string_view secret_hash) = 0;
  // All of the user's but `kept`; empty: all.
  [[nodiscard]] virtual Result<void> end_sessions(Tx& tx, const UserId& user, std::string_view kept) = 0;

  [[nodiscard]] virtual Result<void> insert_token(Tx& tx, const Token& token, std::string_view secret_hash) = 0;
  [[nodiscard]] virtual Result<std::optional<CredentialOwner>> find_token_user(Tx& tx, std::string_view secret_hash, Timestamp now) = 0;
  [[nodiscard]] virtual Result<std::optional<Token>> find_token(Tx& tx, const TokenId& id, const UserId& user) = 0;
  // By id; `after` is an id. Expired ones among them, until they are swept.
  [[nodiscard]] virtual Result<std::vector<Token>> list_tokens(Tx& tx, const UserId& user, const PageRequest& page) = 0;
  [[nodiscard]] virtual Result<std::int64_t> count_tokens(Tx& tx, const UserId& user, Timestamp now) = 0;
  // False when the user has no such token.
  [[nodiscard]] virtual Result<bool> delete_token(Tx& tx, const TokenId& id, const UserId& user) = 0;

  // All of the user's.
  [[nodiscard]] virtual Result<void> end_tokens(Tx& tx, const UserId& user) = 0;

  // A link that sets a password once (first administrator, reset). It replaces the one before.
  [[nodiscard]] virtual Result<void> insert_link(Tx& tx, std::string_view secret_hash, std::optional<UserId> user,
                                                 Timestamp expires_at) = 0;
  // Uses it up; nullopt when it is unknown, used or expired. The inner optional is empty for the link of the first start.
  [[nodiscard]] virtual Result<std::optional<std::optional<UserId>>> take_link(Tx& tx, std::string_view secret_hash, Timestamp now) = 0;

  // What take_link() would give, without using it up.
  [[nodiscard]] virtual Result<std::optional<std::optional<UserId>>> find_link(Tx& tx, std::string_view secret_hash, Timestamp now) = 0;
  // The one that waits for the user, if there is one.
  [[nodiscard]] virtual Result<void> drop_link(Tx& tx, const UserId& user) = 0;

  // Drops sessions, links and tokens that are over; at most `limit` rows of each.
  [[nodiscard]] virtual Result<std::int64_t> sweep(Tx& tx, Timestamp now, int limit) = 0;
};

}  // namespace weft
