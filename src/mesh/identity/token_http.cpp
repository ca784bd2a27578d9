#include "mesh/identity/token_http.h"

#include "mesh/identity/create_token.h"
#include "mesh/identity/delete_token.h"

namespace weft {

namespace {

constexpr std::int64_t kTokenVersion = 1;  // a token never changes

Result<http::Response> create(Call& call, const IdentityPorts& ports, const TokenOptions& options) {
  const auto body = TRY(call.body());
  Form form(body);
  CreateToken input;
  input.name = form.required_text("name", {kMaxTokenNameBytes});
  input.expires_at = form.optional_time("expires_at", Form::Null::None);
  input.max_seconds = options.max_seconds;
  if (auto complaint = end_complaint(input, call.context.now)) form.complain("expires_at", std::move(*complaint));
  CHECK(form.finish());
  const auto created = TRY(create_token(call.tx(), call.context, ports, input));
  auto shown = to_json(created.token);
  shown["token"] = created.text;
  return object_response(201, shown, kTokenVersion);
}

Result<http::Response> list(Call& call, const IdentityPorts& ports) {
  const auto page = TRY(call.page());
  auto tokens = TRY(ports.credentials.list_tokens(call.tx(), call.who().id, page));
  return list_response(call, cut_page(std::move(tokens), page, [](const Token& last) { return last.id.text(); }),
                       [](const Token& token) { return json::value(to_json(token)); });
}

Result<http::Response> remove(Call& call, const IdentityPorts& ports) {
  CHECK(call.require_match(kTokenVersion));
  CHECK(delete_token(call.tx(), call.context, ports, TokenId(call.path("id"))));
  return empty_response();
}

}  // namespace

std::vector<Route> token_routes(const IdentityPorts& ports, TokenOptions options) {
  using http::Method;
  std::vector<Route> routes;
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/tokens",
                    .access = kSignedIn,
                    .query = {"limit", "cursor"},
                    .handle = [ports](Call& call) { return list(call, ports); }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/tokens",
                    .access = kSignedIn,
                    .tx = CallTx::Write,
                    .handle = [ports, options](Call& call) { return create(call, ports, options); }});
  routes.push_back(
      {.method = Method::Delete, .pattern = "/api/v1/tokens/{id}", .access = kSignedIn, .tx = CallTx::Write, .handle = [ports](Call& call) {
         return remove(call, ports);
       }});
  return routes;
}

}  // namespace weft
