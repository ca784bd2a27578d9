// Routes that explain who reads a product.
#pragma once

#include "mesh/delivery/explain_access.h"
#include "mesh/door/route_http.h"

namespace weft {

[[nodiscard]] std::vector<Route> access_routes(const ExplainPorts& ports);

}  // namespace weft
