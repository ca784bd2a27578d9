// Route of the search.
#pragma once

#include "mesh/catalog/follow_changes.h"
#include "mesh/door/route_http.h"

namespace weft {

// Both outlive the routes.
[[nodiscard]] std::vector<Route> catalog_routes(CatalogFollower& follower, const CatalogPorts& ports);

}  // namespace weft
