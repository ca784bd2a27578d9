#include "mesh/delivery/access_http.h"

#include "mesh/product/product_ports.h"

namespace weft {

namespace {

Result<Product> get_explained(Call& call, const ExplainPorts& ports) {
  auto product = TRY(get_product(call.tx(), call.who(), ports.delivery.products, ProductId(call.path("id"))));
  CHECK(may_explain(call.who(), product));
  return product;
}

}  // namespace

std::vector<Route> access_routes(const ExplainPorts& ports) {
  using http::Method;
  constexpr Access kExplainers{Access::Kind::Roles, Role::DomainAdministrator | Role::DomainOwner | Roles(Role::Governance)};
  std::vector<Route> routes;
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/products/{id}/access",
                    .access = kExplainers,
                    .query = {"limit", "cursor"},
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto product = TRY(get_explained(call, p));
                      const auto page = TRY(list_access(call.tx(), p, product, call.context.now, TRY(call.page())));
                      return list_response(call, page, [](const AccessGround& ground) { return json::value(to_json(ground)); });
                    }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/products/{id}/access/{user}",
                    .access = kExplainers,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto product = TRY(get_explained(call, p));
                      const auto access = TRY(explain_access(call.tx(), p, product, call.context.now, call.path("user")));
                      return json_response(200, to_json(access));
                    }});
  return routes;
}

}  // namespace weft
