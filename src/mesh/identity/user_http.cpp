#include "mesh/identity/user_http.h"

#include "mesh/identity/change_user.h"
#include "mesh/identity/create_user.h"
#include "mesh/identity/make_link.h"

namespace weft {

namespace {

constexpr Form::TextLimits kEmail{kMaxEmailBytes, Form::Blank::Allowed, Form::Null::None};
constexpr Form::TextLimits kPassword{kMaxPasswordBytes, Form::Blank::Allowed};  // its own rule says more
constexpr std::size_t kRoleCount = 4;

Roles read_roles(Form& form) {
  Roles roles;
  const auto names = form.optional_text_list("roles", kRoleCount, {32});
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const auto role = parse_role(names[i])) {
      roles.add(*role);
    } else {
      form.complain(fmt::format("roles[{}]", i), fmt::format("{} {}", role.error().message, role.error().hint));
    }
  }
  return roles;
}

Result<CreateUser> parse_create(const json::value& body) {
  Form form(body);
  CreateUser input;
  input.name = form.required_text("name", {kMaxUserNameBytes});
  input.email = form.optional_text("email", kEmail).value_or("");
  input.password = form.optional_text("password", kPassword);
  input.roles = read_roles(form);
  auto complaints = form.complaints();
  std::ranges::move(complaints_about(input), std::back_inserter(complaints));
  if (!complaints.empty()) return fail(form_invalid(complaints));
  return input;
}

Result<ChangeUser> parse_change(const json::value& body) {
  Form form(body);
  ChangeUser input;
  const auto email = form.optional_text("email", kEmail);
  if (form.has("email")) input.email = email.value_or("");  // null: none any more
  if (email && !email->empty() && !is_email(*email)) form.complain("email", std::string(kEmailRule));
  const auto roles = read_roles(form);
  if (form.has("roles")) input.roles = roles;
  if (const auto text = form.optional_text("state", {16})) {
    if (const auto state = parse_user_state(*text)) {
      input.state = *state;
    } else {
      form.complain("state", "must be active or disabled");
    }
  }
  CHECK(form.finish());
  return input;
}

http::Response answer(const User& user) { return object_response(200, to_json(user), user.version); }

Result<http::Response> list(Call& call, const IdentityPorts& ports) {
  UserFilter filter;
  if (const auto role = call.parameter("role")) filter.role = TRY(parse_role(*role));
  const auto page = TRY(call.page());
  auto users = TRY(ports.users.list(call.tx(), filter, page));
  return list_response(call, cut_page(std::move(users), page, [](const User& last) { return last.id.text(); }),
                       [](const User& user) { return json::value(to_json(user)); });
}

Result<http::Response> create(Call& call, const IdentityPorts& ports) {
  auto input = TRY(parse_create(TRY(call.body())));
  if (input.password) input.password_hash = call.prepared;
  const auto user = TRY(create_user(call.tx(), call.context, ports, input));
  auto response = object_response(201, to_json(user), user.version);
  response.set("Location", "/api/v1/users/" + user.id.text());
  return response;
}

Result<http::Response> change(Call& call, const IdentityPorts& ports) {
  auto input = TRY(parse_change(TRY(call.body())));
  input.user = UserId(call.path("id"));
  const auto user = TRY(get_user(call.tx(), ports.users, input.user));
  CHECK(call.require_match(user.version));
  return answer(TRY(change_user(call.tx(), call.context, ports, input)));
}

Result<http::Response> reset(Call& call, const IdentityPorts& ports, const PublicUrl& url) {
  const auto body = TRY(call.body(true));
  CHECK(Form(body).finish());
  const auto link = TRY(make_reset_link(call.tx(), call.context, ports, UserId(call.path("id")), url()));
  return json_response(201, json::object{{"url", link.url}, {"expires_at", to_rfc3339(link.expires_at)}});
}

}  // namespace

std::vector<Route> user_routes(const IdentityPorts& ports, const PublicUrl& url) {
  using http::Method;
  std::vector<Route> routes;
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/users",
                    .access = kAdministrators,
                    .query = {"role", "limit", "cursor"},
                    .handle = [ports](Call& call) { return list(call, ports); }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/users",
                    .access = kAdministrators,
                    .tx = CallTx::Write,
                    .handle = [ports](Call& call) { return create(call, ports); },
                    .pool = http::Pool::Password,
                    .prepare = [ports](const Call& call) -> Result<std::string> {
                      const auto input = TRY(parse_create(TRY(call.body())));
                      return input.password ? ports.secrets.hash_password(*input.password) : std::string{};
                    }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/users/{id}",
                    .access = kAdministrators,
                    .handle = [ports](Call& call) -> Result<http::Response> {
                      return answer(TRY(get_user(call.tx(), ports.users, UserId(call.path("id")))));
                    }});
  routes.push_back({.method = Method::Patch,
                    .pattern = "/api/v1/users/{id}",
                    .access = kAdministrators,
                    .tx = CallTx::Write,
                    .handle = [ports](Call& call) { return change(call, ports); }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/users/{id}/reset-link",
                    .access = kAdministrators,
                    .tx = CallTx::Write,
                    .handle = [ports, url](Call& call) { return reset(call, ports, url); }});
  return routes;
}

}  // namespace weft
