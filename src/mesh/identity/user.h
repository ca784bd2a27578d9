// People who sign in, and the programs that act for them by token. No HTTP, no SQL.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "mesh/identity/principal.h"

namespace weft {

using TokenId = Id<struct TokenTag>;

enum class UserState { Active, Disabled };
[[nodiscard]] std::string_view to_text(UserState state);

struct User {
  UserId id;
  std::string name;  // what he signs in with; unique without regard to case
  std::string email;
  Roles roles;
  UserState state = UserState::Active;
  Timestamp created_at;
  std::int64_t version = 1;
};

// A credential for programs. The secret itself is shown once and kept only as its SHA-256.
struct Token {
  TokenId id;
  UserId user;
  std::string name;
  Timestamp created_at;
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> last_used_at;
};

inline constexpr std::size_t kMaxUserNameBytes = 64;
inline constexpr std::size_t kMinPasswordBytes = 10;
inline constexpr std::size_t kMaxPasswordBytes = 256;

// `[a-z0-9][a-z0-9._-]*` or an e-mail address; lower case.
[[nodiscard]] bool is_user_name(std::string_view text);
[[nodiscard]] bool is_email(std::string_view text);
// What is wrong with the password, or nullopt.
[[nodiscard]] std::optional<std::string> password_complaint(std::string_view password, std::string_view user_name);

// For the audit log: everything but secrets.
[[nodiscard]] json::object to_audit(const User& user);

}  // namespace weft
