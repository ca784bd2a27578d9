// Routes of products.
#pragma once

#include "mesh/door/route_http.h"
#include "mesh/product/product_ports.h"

namespace weft {

// `url` is put before ports' paths.
[[nodiscard]] std::vector<Route> product_routes(const ProductPorts& ports, const PublicUrl& url);

}  // namespace weft
