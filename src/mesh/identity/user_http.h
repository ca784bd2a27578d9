// Routes of users: the administrator's.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/identity/identity_ports.h"

namespace weft {

// What `ports` refers to outlives the routes. `public_url` empty: the Host header stands for it in links.
[[nodiscard]] std::vector<Route> user_routes(const IdentityPorts& ports, const std::string& public_url);

}  // namespace weft
