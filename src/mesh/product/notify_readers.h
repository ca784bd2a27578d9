// Tells those who read a product, and those who answer for what is built on it, that it was deprecated, retired or
// reinstated.
#pragma once

#include "mesh/product/product_ports.h"

namespace weft {

// Of `product`, as it is now. First to the owners of each domain with views that read it, or with products that rest on it,
// however far down: one notification a domain that names them all. Then, where they have not been told already, to the users who
// hold a grant in force and to the owners of the domains that do. Whoever did it knows.
[[nodiscard]] Result<void> notify_readers(Tx& tx, const Context& context, const ProductPorts& ports, const Product& product);

}  // namespace weft
