// Routes of elements.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/element/element_ports.h"

namespace weft {

// `wake_runs` is called when a view's refresh was queued.
[[nodiscard]] std::vector<Route> element_routes(const ElementPorts& ports, std::function<void()> wake_runs);

}  // namespace weft
