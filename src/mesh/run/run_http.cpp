#include "mesh/run/run_http.h"

#include "mesh/element/change_element.h"
#include "mesh/run/cancel_run.h"
#include "mesh/run/queue_refresh.h"

namespace weft {

namespace {

Result<http::Response> list(Call& call, const RunPorts& ports) {
  RunFilter filter;
  filter.object = call.parameter("object");
  filter.within = call.parameter("domain");
  if (auto state = call.parameter("state")) filter.state = TRY(parse_run_state(*state));
  if (!call.who().administrator()) filter.visible_domains = call.who().owned_domains;
  const auto page = TRY(call.page());
  return list_response(call, cut_page(TRY(ports.runs.list(call.tx(), filter, page)), page, [](const Run& last) { return last.id.text(); }),
                       [](const Run& run) { return json::value(to_json(run)); });
}

}  // namespace

std::vector<Route> run_routes(const RunPorts& ports, RunDispatcher& dispatcher) {
  using http::Method;
  // Refreshes are queued in a transaction of their own, so that the dispatcher finds them when it is woken.
  auto refresh = [&ports, &dispatcher](RunKind kind) {
    return [&ports, &dispatcher, kind](Call& call) -> Result<http::Response> {
      CHECK(Form(TRY(call.body(true))).finish());
      const auto run =
          TRY(transact(ports.transactor, [&](Tx& tx) { return queue_refresh(tx, call.context, ports, kind, call.path("id")); }));
      dispatcher.wake();
      auto response = json_response(202, to_json(run));
      response.set("Location", "/api/v1/runs/" + run.id.text());
      return response;
    };
  };
  std::vector<Route> routes;
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/runs",
                    .access = kOwners,
                    .query = {"object", "domain", "state", "limit", "cursor"},
                    .handle = [&ports](Call& call) { return list(call, ports); }});
  routes.push_back(
      {.method = Method::Get, .pattern = "/api/v1/runs/{id}", .access = kOwners, .handle = [&ports](Call& call) -> Result<http::Response> {
         return json_response(200, to_json(TRY(get_run(call.tx(), call.who(), ports.runs, RunId(call.path("id"))))));
       }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/runs/{id}/cancel",
                    .access = kOwners,
                    .tx = CallTx::None,
                    .handle = [&ports, &dispatcher](Call& call) -> Result<http::Response> {
                      CHECK(Form(TRY(call.body(true))).finish());
                      const auto run = TRY(
                          transact(ports.transactor, [&](Tx& tx) { return cancel_run(tx, call.context, ports, RunId(call.path("id"))); }));
                      dispatcher.cancel(run.id);
                      return json_response(200, to_json(run));
                    }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/products/{id}/refresh",
                    .access = kAnyRole,
                    .tx = CallTx::None,
                    .handle = refresh(RunKind::RefreshProduct)});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/elements/{id}/refresh",
                    .access = kOwners,
                    .tx = CallTx::None,
                    .handle = refresh(RunKind::RefreshElement)});
  hide_from_others(routes, "/api/v1/runs/{id}", run_not_found());
  hide_from_others(routes, "/api/v1/elements/{id}/refresh", element_not_found());
  return routes;
}

}  // namespace weft
