// Routes of elements.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/element/element_ports.h"

namespace weft {

// What is told to whoever executes runs, once it is committed.
struct RunSignals {
  std::function<void()> wake;                // a view's refresh was queued
  std::function<void(const RunId&)> cancel;  // that one was cancelled
};

[[nodiscard]] std::vector<Route> element_routes(const ElementPorts& ports, RunSignals runs);

}  // namespace weft
