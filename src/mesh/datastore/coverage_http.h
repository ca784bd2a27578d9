// Routes of stores × domains.
#pragma once

#include "mesh/datastore/list_coverage.h"
#include "mesh/door/route_http.h"

namespace weft {

[[nodiscard]] std::vector<Route> coverage_routes(const CoveragePorts& ports);

}  // namespace weft
