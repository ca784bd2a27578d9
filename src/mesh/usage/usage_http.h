// Routes of usage: by domain, product, reader, hour and day.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/usage/fold_hits.h"

namespace weft {

// `ports` outlive the routes.
[[nodiscard]] std::vector<Route> usage_routes(const UsagePorts& ports);

}  // namespace weft
