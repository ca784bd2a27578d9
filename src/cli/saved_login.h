// Who one is signed in as, and where: a file of one's own in the configuration folder (XDG). Tokens only, never a password.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"

namespace weft {

struct SavedLogin {
  std::string user, token;
  std::string token_id;  // empty: the token was given to us, and is not ours to take away
  std::string ca_file;
};

struct SavedLogins {
  std::string current;                        // the server of the last login; empty: none
  std::map<std::string, SavedLogin> servers;  // by URL without a slash at its end
};

// `$XDG_CONFIG_HOME/weft/login.json`, else `~/.config/weft/login.json`. Errors: `login.no_home`.
[[nodiscard]] Result<std::filesystem::path> login_file();
// Nothing saved is no error. Errors: `login.damaged`, those of the file.
[[nodiscard]] Result<SavedLogins> load_logins();
// Only its owner may read the file.
[[nodiscard]] Result<void> save_logins(const SavedLogins& logins);

// `https://mesh.example.org/` → without the slash. Errors: `usage.server` for what is no HTTP address, or has a name or
// password in it.
[[nodiscard]] Result<std::string> parse_server_url(std::string_view text);

}  // namespace weft
