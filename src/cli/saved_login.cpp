#include "cli/saved_login.h"

#include <cstdlib>

#include "base/json.h"
#include "platform/file/atomic_file.h"

namespace weft {

namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string{};
}

}  // namespace

Result<std::filesystem::path> login_file() {
  // The XDG specification: a relative path is to be ignored.
  if (const auto config = variable("XDG_CONFIG_HOME"); config.starts_with('/'))
    return std::filesystem::path(config) / "weft" / "login.json";
  if (const auto home = variable("HOME"); !home.empty()) return std::filesystem::path(home) / ".config" / "weft" / "login.json";
  return fail(ErrorKind::Invalid, "login.no_home", "There is no folder for the login: neither XDG_CONFIG_HOME nor HOME is set.",
              "Set one of them, or pass WEFT_SERVER and WEFT_TOKEN.");
}

Result<SavedLogins> load_logins() {
  const auto file = TRY(login_file());
  auto text = read_small_file(file, kMaxFileBytes);
  if (!text && text.error().id == "file.missing") return SavedLogins{};
  if (!text) return fail(text.error());
  SavedLogins logins;
  const auto value = parse_json(*text);
  const auto* object = value ? value->if_object() : nullptr;
  const auto* servers = object != nullptr ? object->if_contains("servers") : nullptr;
  if (servers == nullptr || !servers->is_object()) {
    return fail(ErrorKind::Invalid, "login.damaged", fmt::format("{} can't be read.", file.string()), "Remove it and log in again.");
  }
  logins.current = text_of(*object, "current");
  for (const auto& [server, entry] : servers->get_object()) {
    if (!entry.is_object()) continue;
    const auto& saved = entry.get_object();
    logins.servers[std::string(server)] = {text_of(saved, "user"), text_of(saved, "token"), text_of(saved, "token_id"),
                                           text_of(saved, "ca_file")};
  }
  return logins;
}

Result<void> save_logins(const SavedLogins& logins) {
  const auto file = TRY(login_file());
  std::error_code failure;
  std::filesystem::create_directories(file.parent_path(), failure);
  if (!failure) std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all, failure);
  if (failure) {
    return fail(ErrorKind::Internal, "login.not_saved",
                fmt::format("{} can't be made: {}.", file.parent_path().string(), failure.message()),
                "Set XDG_CONFIG_HOME to a folder that you may write to.");
  }
  json::object servers;
  for (const auto& [server, login] : logins.servers) {
    servers[server] = json::object{{"user", login.user}, {"token", login.token}, {"token_id", login.token_id}, {"ca_file", login.ca_file}};
  }
  return write_file_atomically(file, json::serialize(json::object{{"current", logins.current}, {"servers", std::move(servers)}}) + "\n",
                               0600);
}

Result<std::string> parse_server_url(std::string_view text) {
  auto refuse = [&](std::string_view why) {
    return fail(ErrorKind::Invalid, "usage.server", fmt::format("'{}' is no address of a server: {}.", text, why),
                "Write for example https://mesh.example.org or http://127.0.0.1:8080.");
  };
  std::string_view rest = text;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  if (rest.size() == text.size()) return refuse("it begins with neither https:// nor http://");
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() || rest.starts_with('/') || rest.starts_with(':')) return refuse("it names no host");
  if (rest.find('@') != std::string_view::npos)
    return fail(ErrorKind::Invalid, "usage.server", "An address with a name or password in it is not taken.",
                "Others on this machine see the arguments of a command. Run `weft login URL`, which asks.");
  if (rest.find_first_of(" \t\r\n?#\\") != std::string_view::npos) return refuse("it has a space, ?, # or \\ in it");
  auto url = std::string(text);
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace weft
