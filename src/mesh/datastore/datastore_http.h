// Routes of data stores.
#pragma once

#include "mesh/datastore/data_store_ports.h"
#include "mesh/door/route_http.h"

namespace weft {

[[nodiscard]] std::vector<Route> data_store_routes(const DataStorePorts& ports);

}  // namespace weft
