#include "mesh/identity/session_http.h"

#include "mesh/door/dispatch_http.h"
#include "mesh/identity/change_password.h"
#include "mesh/identity/sign_in.h"
#include "mesh/identity/sign_out.h"
#include "mesh/identity/use_link.h"

namespace weft {

namespace {

constexpr Form::TextLimits kPassword{kMaxPasswordBytes, Form::Blank::Allowed};
constexpr Form::TextLimits kLink{1000};

json::object own_page(const User& user, const Principal& principal) {
  auto page = to_json(user);
  page["owned_domains"] = json::array(principal.owned_domains.begin(), principal.owned_domains.end());
  return page;
}

std::string session_cookie(const http::Request& request, std::string_view value, std::int64_t seconds) {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", request.secure ? kSecureSessionCookie : kSessionCookie, value,
                     seconds, request.secure ? "; Secure" : "");
}

Result<http::Response> post_session(Call& call, const PasswordPorts& ports) {
  const auto body = TRY(call.body());
  Form form(body);
  SignIn input;
  input.name = form.required_text("name", {kMaxEmailBytes});
  input.password = form.required_text("password", kPassword);
  input.address = call.request.peer_address;
  CHECK(form.finish());
  const auto signed_in = TRY(sign_in(call.context, ports, input));
  auto response = json_response(200, json::object{{"user", own_page(signed_in.user, signed_in.principal)}});
  response.set("Set-Cookie", session_cookie(call.request, signed_in.secret, ports.session_seconds));
  return response;
}

Result<http::Response> delete_session(Call& call, const IdentityPorts& ports) {
  if (!call.session_hash.empty()) CHECK(sign_out(call.tx(), call.context, ports, call.session_hash));
  auto response = empty_response();
  response.set("Set-Cookie", session_cookie(call.request, "", 0));
  return response;
}

Result<http::Response> get_me(Call& call, const IdentityPorts& ports) {
  const auto user = TRY(get_user(call.tx(), ports.users, call.who().id));
  return json_response(200, own_page(user, call.who()));
}

Result<http::Response> post_own_password(Call& call, const PasswordPorts& ports) {
  const auto body = TRY(call.body());
  Form form(body);
  ChangePassword input;
  input.current = form.required_text("current_password", kPassword);
  input.next = form.required_text("new_password", kPassword);
  input.address = call.request.peer_address;
  input.kept_session = call.session_hash;
  if (form.optional_bool("end_tokens").value_or(false)) input.tokens = ChangePassword::Tokens::End;
  CHECK(form.finish());
  CHECK(change_password(call.context, ports, input));
  return empty_response();
}

Result<UseLink> parse_use_link(const Call& call) {
  const auto body = TRY(call.body());
  Form form(body);
  UseLink input;
  input.link = form.required_text("link", kLink);
  input.password = form.required_text("password", kPassword);
  if (auto name = form.optional_text("name", {kMaxUserNameBytes})) input.name = std::move(*name);
  CHECK(form.finish());
  return input;
}

Result<std::string> hash_new_password(const Call& call, const PasswordPorts& ports) {
  const auto input = TRY(parse_use_link(call));
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  CHECK(check_link(*reading, call.context, ports.identity, input));
  reading.reset();
  return ports.identity.secrets.hash_password(input.password);
}

Result<http::Response> post_password(Call& call, const IdentityPorts& ports) {
  auto input = TRY(parse_use_link(call));
  input.password_hash = call.prepared;
  const auto user = TRY(use_link(call.tx(), call.context, ports, input));
  return json_response(200, json::object{{"user", to_json(user)}});
}

}  // namespace

std::vector<Route> session_routes(const PasswordPorts& ports) {
  using http::Method;
  const auto identity = ports.identity;
  std::vector<Route> routes;
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/session",
                    .access = kPublic,
                    .tx = CallTx::None,
                    .handle = [ports](Call& call) { return post_session(call, ports); },
                    .pool = http::Pool::Password});
  routes.push_back({.method = Method::Delete,
                    .pattern = "/api/v1/session",
                    .access = kSignedIn,
                    .tx = CallTx::Write,
                    .handle = [identity](Call& call) { return delete_session(call, identity); },
                    .precondition = Route::Precondition::None});
  routes.push_back({.method = Method::Get, .pattern = "/api/v1/me", .access = kSignedIn, .handle = [identity](Call& call) {
                      return get_me(call, identity);
                    }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/me/password",
                    .access = kSignedIn,
                    .tx = CallTx::None,
                    .handle = [ports](Call& call) { return post_own_password(call, ports); },
                    .pool = http::Pool::Password});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/password",
                    .access = kPublic,
                    .tx = CallTx::Write,
                    .handle = [identity](Call& call) { return post_password(call, identity); },
                    .pool = http::Pool::Password,
                    .prepare = [ports](const Call& call) { return hash_new_password(call, ports); }});
  return routes;
}

}  // namespace weft
