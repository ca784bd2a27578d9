// `weft login`: a name and a password are turned into a token at once; only the token is kept.
#include <unistd.h>

#include "base/time.h"
#include "cli/person_command.h"
#include "cli/saved_login.h"
#include "cli/terminal.h"
#include "platform/file/atomic_file.h"

namespace weft {

namespace {

constexpr std::int64_t kTokenSeconds = std::int64_t{90} * 24 * 3600;
constexpr std::size_t kMaxTokenFileBytes = 4096;

std::string host_name() {
  std::array<char, 65> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "a computer";
}

std::string trimmed(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  return text;
}

// scheme://host:port, what a browser would say it comes from.
std::string origin_of(const std::string& url) { return url.substr(0, url.find('/', url.find("://") + 3)); }

// Behind a proxy, or under another name, the mesh goes by its public URL: its API's description says which.
Result<std::string> origin_for(MeshClient& client) {
  const auto described = TRY(client.get("/api/v1/openapi.json"));
  const auto url = text_at(described, "/servers/0/url");
  return origin_of(url.starts_with("http") ? url : client.url());
}

bool is_plain_and_far(const std::string& url) {
  if (!url.starts_with("http://")) return false;
  const auto host = std::string_view(url).substr(7);
  return !host.starts_with("127.") && !host.starts_with("localhost") && !host.starts_with("[::1]");
}

// A token that was given; nullopt: a name and a password are wanted.
Result<std::optional<std::string>> given_token(const LoginOptions& options) {
  if (!options.token_file.empty() && options.token_file != "-")
    return trimmed(TRY(read_small_file(options.token_file, kMaxTokenFileBytes)));
  if (options.token_file == "-") return trimmed(TRY(ask("Token: ", Echo::Hidden)));
  if (!options.name.empty() || options.password == LoginOptions::Password::FromInput) return std::nullopt;
  if (const char* token = std::getenv("WEFT_TOKEN"); token != nullptr && *token != '\0') return std::string(token);
  if (!is_terminal(Stream::Input)) return trimmed(TRY(ask("", Echo::Shown)));
  return std::nullopt;
}

// Signs in as a browser would, makes a token, and ends the session again.
Result<SavedLogin> make_token(MeshClient& client, const LoginOptions& options) {
  SavedLogin login;
  login.user = options.name;
  if (login.user.empty()) {
    if (options.password == LoginOptions::Password::FromInput)
      return fail(ErrorKind::Invalid, "usage.no_name", "--password-stdin wants to know whose password it is.", "Add --name NAME.");
    login.user = TRY(ask("Name: ", Echo::Shown));
  }
  const auto password = TRY(ask(fmt::format("Password of {}: ", login.user), Echo::Hidden));
  const http::Headers json_type{{"Content-Type", "application/json"}};
  const auto signed_in = TRY(client.send(
      {.method = "POST", .headers = json_type, .body = json::serialize(json::object{{"name", login.user}, {"password", password}})},
      "/api/v1/session"));
  if (signed_in.status != 200) {
    auto error = error_of(signed_in);
    if (signed_in.status == 401) error.hint = "Check the name and the password.";
    return fail(std::move(error));
  }
  const auto cookie = signed_in.header("set-cookie").value_or("");
  http::Headers session{{"Cookie", std::string(cookie.substr(0, cookie.find(';')))}, {"Origin", TRY(origin_for(client))}};
  auto with_type = session;
  with_type.insert(with_type.end(), json_type.begin(), json_type.end());
  const auto ends = to_rfc3339(SystemClock().now().plus_seconds(kTokenSeconds));
  const auto made = TRY(client.send({.method = "POST",
                                     .headers = with_type,
                                     .body = json::serialize(json::object{{"name", "weft on " + host_name()}, {"expires_at", ends}})},
                                    "/api/v1/tokens"));
  (void)client.send({.method = "DELETE", .headers = session}, "/api/v1/session");
  if (made.status != 201) return fail(error_of(made));
  const auto token = TRY(parse_json(made.body));
  login.token = text_at(token, "/token");
  login.token_id = text_at(token, "/id");
  return login;
}

struct TokensEnd {
  std::string_view state, words;
};

// Only the token that login() made: one that was given may be in use elsewhere.
TokensEnd take_away(const std::string& server, const SavedLogin& login) {
  if (login.token_id.empty()) return {"kept", "The token was given to `weft login`: it is forgotten here and stays valid at the server."};
  MeshClient client(server, login.token, login.ca_file);
  const auto removed = client.remove("/api/v1/tokens/" + login.token_id);
  if (removed || removed.error().kind == ErrorKind::Unauthenticated) return {"removed", "The token was taken away at the server."};
  remark(fmt::format("weft: the token is forgotten here, but the server did not take it away: {}", removed.error().message));
  return {"kept", "The token may still be valid at the server."};
}

}  // namespace

Result<void> login(const LoginOptions& options) {
  auto server = options.person.server;
  if (server.empty()) {
    if (const char* known = std::getenv("WEFT_SERVER")) server = known;
  }
  if (server.empty())
    return fail(ErrorKind::Invalid, "usage.no_server", "No server is named.", "For example `weft login https://mesh.example.org`.");
  server = TRY(parse_server_url(server));
  if (is_plain_and_far(server)) remark(fmt::format("weft: {} is not encrypted: who listens on the way reads what you send.", server));
  SavedLogin login;
  if (auto token = TRY(given_token(options))) {
    login.token = *token;
  } else {
    MeshClient client(server, "", options.person.ca_file);
    login = TRY(make_token(client, options));
  }
  login.ca_file = options.person.ca_file.empty() ? "" : std::filesystem::absolute(options.person.ca_file).string();
  MeshClient client(server, login.token, login.ca_file);
  const auto me = TRY(client.get("/api/v1/me"));
  login.user = text_at(me, "/name");
  auto logins = TRY(load_logins());
  logins.current = server;
  logins.servers[server] = login;
  CHECK(save_logins(logins));
  return print_object(me, options.person, fmt::format("Signed in to {} as {} ({}).\n", server, login.user, cell_at(me, "/roles")));
}

Result<void> logout(const PersonOptions& options) {
  auto logins = TRY(load_logins());
  const auto server = options.server.empty() ? logins.current : TRY(parse_server_url(options.server));
  const auto found = logins.servers.find(server);
  if (found == logins.servers.end())
    return fail(ErrorKind::Unauthenticated, "login.none", "You are not signed in there.", "Nothing was changed.");
  const auto login = found->second;
  // First here, so that it is gone whatever the server says.
  logins.servers.erase(found);
  if (logins.current == server) logins.current = logins.servers.empty() ? "" : logins.servers.begin()->first;
  CHECK(save_logins(logins));
  const auto [token, words] = take_away(server, login);
  return print_object(json::object{{"server", server}, {"token", token}}, options, fmt::format("Signed out of {}. {}\n", server, words));
}

Result<void> whoami(const PersonOptions& options) {
  auto client = TRY(MeshClient::connect(options));
  const auto me = TRY(client.get("/api/v1/me"));
  return print_object(me, options,
                      fmt::format("{} at {}\nRoles: {}\n{}", text_at(me, "/name"), client.url(),
                                  cell_at(me, "/roles").empty() ? "none" : cell_at(me, "/roles"),
                                  cell_at(me, "/owned_domains").empty() ? "" : fmt::format("Owns: {}\n", cell_at(me, "/owned_domains"))));
}

}  // namespace weft
