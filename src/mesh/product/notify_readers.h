// Tells those who answer for what is built on a product that it was deprecated or retired. Not its readers at the doors.
#pragma once

#include "mesh/product/product_ports.h"

namespace weft {

// To the owners of each domain with views that read `product`, as it is now, or with products that rest on it, however far
// down: one notification a domain that names them all. Whoever did it knows.
[[nodiscard]] Result<void> notify_readers(Tx& tx, const Context& context, const ProductPorts& ports, const Product& product);

}  // namespace weft
