#include "mesh/lineage/lineage_http.h"

#include <charconv>

#include "mesh/element/change_element.h"
#include "mesh/element/element_ports.h"
#include "mesh/product/product_ports.h"

namespace weft {

namespace {

Result<LineageRequest> parse_request(const Call& call) {
  LineageRequest request;
  if (auto direction = call.parameter("direction")) request.direction = TRY(parse_lineage_direction(*direction));
  if (auto depth = call.parameter("depth")) {
    auto [end, code] = std::from_chars(depth->data(), depth->data() + depth->size(), request.depth);
    if (code != std::errc() || end != depth->data() + depth->size() || request.depth < 1 || request.depth > kMaxLineageDepth)
      return fail(ErrorKind::Invalid, "query.invalid", fmt::format("depth must be a whole number from 1 to {}.", kMaxLineageDepth));
  }
  return request;
}

}  // namespace

std::vector<Route> lineage_routes(const LineagePorts& ports) {
  std::vector<Route> routes;
  routes.push_back({.method = http::Method::Get,
                    .pattern = "/api/v1/products/{id}/lineage",
                    .access = kAnyRole,
                    .query = {"direction", "depth"},
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto request = TRY(parse_request(call));
                      const auto product = TRY(get_product(call.tx(), call.who(), p.products, ProductId(call.path("id"))));
                      return json_response(200, to_json(TRY(trace_lineage(call.tx(), call.who(), p, product, request))));
                    }});
  routes.push_back({.method = http::Method::Get,
                    .pattern = "/api/v1/elements/{id}/lineage",
                    .access = kOwners,
                    .query = {"direction", "depth"},
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto request = TRY(parse_request(call));
                      const auto element = TRY(get_element(call.tx(), call.who(), p.elements, ElementId(call.path("id"))));
                      return json_response(200, to_json(TRY(trace_lineage(call.tx(), call.who(), p, element, request))));
                    }});
  hide_from_others(routes, "/api/v1/elements/{id}", element_not_found());
  return routes;
}

}  // namespace weft
