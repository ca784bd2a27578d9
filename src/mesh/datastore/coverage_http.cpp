#include "mesh/datastore/coverage_http.h"

namespace weft {

std::vector<Route> coverage_routes(const CoveragePorts& ports) {
  std::vector<Route> routes;
  routes.push_back({.method = http::Method::Get,
                    .pattern = "/api/v1/coverage/stores",
                    .access = kAdministrators,
                    .query = {"state", "limit", "cursor"},
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto page = TRY(list_covered_stores(call.tx(), p, call.parameter("state"), TRY(call.page())));
                      return list_response(call, page, [](const StoreCoverage& coverage) { return json::value(to_json(coverage)); });
                    }});
  routes.push_back({.method = http::Method::Get,
                    .pattern = "/api/v1/coverage/tables",
                    .access = kAdministrators,
                    .tx = CallTx::None,
                    .query = {"state", "store", "domain", "limit", "cursor"},
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto filter = TRY(parse_table_filter(call.parameter("state"), call.parameter("domain")));
                      std::optional<DataStoreId> store;
                      if (auto id = call.parameter("store")) store = DataStoreId(*id);
                      const auto page = TRY(list_covered_tables(p, store, filter, TRY(call.page())));
                      return list_response(call, page,
                                           [](const CoverageLine& line) { return json::value(to_json(line.store, line.table)); });
                    },
                    .pool = http::Pool::Worker});
  return routes;
}

}  // namespace weft
