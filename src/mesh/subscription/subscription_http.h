// Routes of subscriptions.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/subscription/subscription_ports.h"

namespace weft {

// `ports` outlive the routes.
[[nodiscard]] std::vector<Route> subscription_routes(const SubscriptionPorts& ports);

}  // namespace weft
