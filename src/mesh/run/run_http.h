// Routes of runs.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/run/dispatch_runs.h"

namespace weft {

// `ports` and `dispatcher` outlive the routes.
[[nodiscard]] std::vector<Route> run_routes(const RunPorts& ports, RunDispatcher& dispatcher);

}  // namespace weft
