// Routes of the inbox and, for administrators, the outbox.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/notification/notification.h"

namespace weft {

// `outbox` outlives the routes.
[[nodiscard]] std::vector<Route> notification_routes(Outbox& outbox, const PublicUrl& url);

}  // namespace weft
