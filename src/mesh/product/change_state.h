// Deprecate: readers keep reading and nobody new may ask. Reinstate: back from there. Retire: the doors close.
#pragma once

#include "mesh/product/product_ports.h"

namespace weft {

// published → deprecated. Errors: `product.wrong_state` (409).
[[nodiscard]] Result<Product> deprecate_product(Tx& tx, const Context& context, const ProductPorts& ports, Product product);
// deprecated → published: new versions are published and asked for again. Errors: `product.wrong_state` (409).
[[nodiscard]] Result<Product> reinstate_product(Tx& tx, const Context& context, const ProductPorts& ports, Product product);
// published or deprecated → retired. Errors: `product.wrong_state` (409).
[[nodiscard]] Result<Product> retire_product(Tx& tx, const Context& context, const ProductPorts& ports, Product product);

}  // namespace weft
