// Routes of users: the administrator's.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/identity/identity_ports.h"

namespace weft {

// What `ports` refers to outlives the routes. `url` is what links begin with.
[[nodiscard]] std::vector<Route> user_routes(const IdentityPorts& ports, const PublicUrl& url);

}  // namespace weft
