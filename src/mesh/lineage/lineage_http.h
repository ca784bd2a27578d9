// Routes of lineage.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/lineage/trace_lineage.h"

namespace weft {

[[nodiscard]] std::vector<Route> lineage_routes(const LineagePorts& ports);

}  // namespace weft
