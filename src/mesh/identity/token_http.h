// Routes of one's own tokens.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/identity/identity_ports.h"

namespace weft {

struct TokenOptions {
  std::optional<std::int64_t> max_seconds;  // nullopt: what create_token() allows
};

// What `ports` refers to outlives the routes.
[[nodiscard]] std::vector<Route> token_routes(const IdentityPorts& ports, TokenOptions options = {});

}  // namespace weft
