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
[[nodiscard]] Result<UserState> parse_user_state(std::string_view text);

struct User {
  UserId id;
  std::string name;   // what he signs in with; unique without regard to case
  std::string email;  // empty: none
  Roles roles;
  UserState state = UserState::Active;
  Timestamp created_at;
  std::int64_t version = 1;

  [[nodiscard]] bool active_administrator() const { return state == UserState::Active && roles.has(Role::DomainAdministrator); }
};

// A credential for programs. The secret itself is shown once and kept only as its SHA-256.
struct Token {
  TokenId id;
  UserId user;
  std::string name;
  Timestamp created_at;
  std::optional<Timestamp> expires_at;
};

inline constexpr std::string_view kTokenPrefix = "weft_";
inline constexpr std::size_t kMaxUserNameBytes = 64;
inline constexpr std::size_t kMaxEmailBytes = 254;
inline constexpr std::size_t kMaxTokenNameBytes = 100;
inline constexpr std::size_t kMinPasswordBytes = 10;
inline constexpr std::size_t kMaxPasswordBytes = 256;
inline constexpr int kMaxTokensPerUser = 100;
inline constexpr int kMaxSessionsPerUser = 50;
inline constexpr std::int64_t kSessionSeconds = 12 * 3600;
inline constexpr std::int64_t kLinkSeconds = 24 * 3600;
inline constexpr std::int64_t kMaxTokenSeconds = std::int64_t{10} * 366 * 24 * 3600;

// `[a-z0-9][a-z0-9._-]*` or an e-mail address; lower case.
[[nodiscard]] bool is_user_name(std::string_view text);
inline constexpr std::string_view kUserNameRule =
    "must be an e-mail address, or start with a letter or digit, followed by a-z, 0-9, '.', '_' and '-'; lower case, at most 64 bytes";
[[nodiscard]] bool is_email(std::string_view text);
inline constexpr std::string_view kEmailRule = "is not an e-mail address";
// What is wrong with the password, or nullopt.
[[nodiscard]] std::optional<std::string> password_complaint(std::string_view password, std::string_view user_name);

// For the API and the audit log alike: everything but secrets.
[[nodiscard]] json::object to_json(const User& user);
[[nodiscard]] json::object to_json(const Token& token);

}  // namespace weft
