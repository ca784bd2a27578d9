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

struct ChangeProduct {
  std::optional<std::string> name;  // nullopt: as it is
  ProductDefinition definition;
};

// Replaces the working copy. A published product goes on serving its newest version. Errors: `product.retired`,
// `product.name_fixed`, `product.name_taken` (409).
[[nodiscard]] Result<Product> change_product(Tx& tx, const Context& context, const ProductPorts& ports, Product product,
                                             ChangeProduct input);

// Errors: `product.published_once` (409): retire it instead; `product.changed` (409): so was it, or removed, in between.
[[nodiscard]] Result<void> remove_draft(Tx& tx, const Context& context, const ProductPorts& ports, const Product& product);

}  // namespace weft
