// Routes of signing in and out, one's own page and password.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/identity/identity_ports.h"

namespace weft {

// What `ports` refers to outlives the routes.
[[nodiscard]] std::vector<Route> session_routes(const PasswordPorts& ports);

}  // namespace weft
