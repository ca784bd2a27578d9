// Routes for machines: liveness, readiness, metrics, the API's own description.
#pragma once

#include "mesh/door/route_http.h"

namespace weft {

struct MachinePorts {
  std::function<Result<void>()> ready;   // fails while migrating or draining, or without the store
  std::function<std::string()> metrics;  // Prometheus' text format
  std::string api_document;              // OpenAPI, JSON
  std::string warning;                   // what is not as it should be while all works; empty: nothing
};

[[nodiscard]] std::vector<Route> machine_routes(MachinePorts ports);

}  // namespace weft
