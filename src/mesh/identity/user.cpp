#include "mesh/identity/user.h"

namespace weft {

namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// Labels of letters, digits and inner dashes, joined by dots.
bool is_host(std::string_view text) {
  while (true) {
    const auto dot = text.find('.');
    const auto label = text.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.starts_with('-') || label.ends_with('-')) return false;
    if (!std::ranges::all_of(label, [](char c) { return is_lower_or_digit(c) || is_upper(c) || c == '-'; })) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

std::string_view to_text(UserState state) { return state == UserState::Active ? "active" : "disabled"; }

Result<UserState> parse_user_state(std::string_view text) {
  for (auto state : {UserState::Active, UserState::Disabled}) {
    if (text == to_text(state)) return state;
  }
  return fail(ErrorKind::Invalid, "user.unknown_state", fmt::format("There is no user state '{}'.", text), "A user is active or disabled.");
}

bool is_user_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxUserNameBytes || std::ranges::any_of(text, is_upper)) return false;
  if (text.find('@') != std::string_view::npos) return is_email(text);
  return is_lower_or_digit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

// Narrower than RFC 5321: whatever goes into a header or a command of SMTP must not need quoting.
bool is_email(std::string_view text) {
  const auto at = text.rfind('@');
  if (text.size() > kMaxEmailBytes || at == std::string_view::npos || at == 0 || at > 64) return false;
  const auto local = text.substr(0, at);
  constexpr std::string_view kSigns = "!#$%&'*+-/=?^_`{|}~.";
  const bool plain =
      std::ranges::all_of(local, [&](char c) { return is_lower_or_digit(c) || is_upper(c) || kSigns.find(c) != std::string_view::npos; });
  return plain && !local.starts_with('.') && !local.ends_with('.') && local.find("..") == std::string_view::npos &&
         is_host(text.substr(at + 1));
}

std::optional<std::string> password_complaint(std::string_view password, std::string_view user_name) {
  if (password.size() < kMinPasswordBytes) return fmt::format("must be at least {} bytes long", kMinPasswordBytes);
  if (password.size() > kMaxPasswordBytes) return fmt::format("must be at most {} bytes long", kMaxPasswordBytes);
  if (password == user_name) return "must not be the user's name";
  if (password.find_first_not_of(password.front()) == std::string_view::npos) return "must not be one character over and over";
  return std::nullopt;
}

json::object to_json(const User& user) {
  json::array roles;
  for (auto role : user.roles.list()) roles.emplace_back(to_text(role));
  return {{"id", user.id.text()},
          {"name", user.name},
          {"email", user.email.empty() ? json::value(nullptr) : json::value(user.email)},
          {"roles", std::move(roles)},
          {"state", to_text(user.state)},
          {"created_at", to_rfc3339(user.created_at)}};
}

json::object to_json(const Token& token) {
  return {{"id", token.id.text()},
          {"name", token.name},
          {"created_at", to_rfc3339(token.created_at)},
          {"expires_at", token.expires_at ? json::value(to_rfc3339(*token.expires_at)) : json::value(nullptr)}};
}

}  // namespace weft
