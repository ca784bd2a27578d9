// Routes of products.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/product/product_ports.h"

namespace weft {

// `public_url` is put before ports' paths; empty: they stay paths.
[[nodiscard]] std::vector<Route> product_routes(const ProductPorts& ports, std::string public_url);

}  // namespace weft
