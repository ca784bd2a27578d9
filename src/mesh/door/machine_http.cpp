#include "mesh/door/machine_http.h"

namespace weft {

std::vector<Route> machine_routes(MachinePorts ports) {
  using http::Method;
  std::vector<Route> routes;
  routes.push_back(
      {.method = Method::Get, .pattern = "/healthz", .access = kPublic, .tx = CallTx::None, .handle = [](Call&) -> Result<http::Response> {
         return http::text_response(200, "text/plain; charset=utf-8", "ok\n");
       }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/readyz",
                    .access = kPublic,
                    .tx = CallTx::None,
                    .handle = [ready = std::move(ports.ready), warning = std::move(ports.warning)](Call&) -> Result<http::Response> {
                      CHECK(ready());
                      return http::text_response(200, "text/plain; charset=utf-8",
                                                 warning.empty() ? "ready\n" : fmt::format("ready\nwarning: {}\n", warning));
                    }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/metrics",
                    .access = kPublic,
                    .tx = CallTx::None,
                    .handle = [metrics = std::move(ports.metrics)](Call&) -> Result<http::Response> {
                      return http::text_response(200, "text/plain; version=0.0.4; charset=utf-8", metrics());
                    }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/openapi.json",
                    .access = kPublic,
                    .tx = CallTx::None,
                    .handle = [document = std::move(ports.api_document)](Call&) -> Result<http::Response> {
                      return http::text_response(200, "application/json", document);
                    }});
  return routes;
}

}  // namespace weft
