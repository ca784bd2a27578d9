// Routes of domains.
#pragma once

#include "mesh/domain/domain_ports.h"
#include "mesh/door/route_http.h"

namespace weft {

// What `ports` refers to outlives the routes.
[[nodiscard]] std::vector<Route> domain_routes(const DomainPorts& ports);

}  // namespace weft
