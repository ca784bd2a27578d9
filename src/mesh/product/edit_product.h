// Make a draft, change it, drop it. Readers see nothing of it before it is published.
#pragma once

#include "mesh/product/product_ports.h"

namespace weft {

struct CreateProduct {
  std::string domain;  // path
  std::string name;
  ProductDefinition definition;
};

// Errors: `domain.not_found`, `domain.not_yours` (403), `product.name_taken`.
[[nodiscard]] Result<Product> create_product(Tx& tx, const Context& context, const ProductPorts& ports, const CreateProduct& input);

// Replaces the working copy. A published product goes on serving its newest version. Errors: `product.retired` (409).
[[nodiscard]] Result<Product> change_product(Tx& tx, const Context& context, const ProductPorts& ports, Product product,
                                             ProductDefinition definition);

// Errors: `product.published_once` (409): retire it instead.
[[nodiscard]] Result<void> remove_draft(Tx& tx, const Context& context, const ProductPorts& ports, const Product& product);

}  // namespace weft
