// Publishing: all violations at once, or a run that takes the first snapshot and makes the version in one transaction.
#pragma once

#include "mesh/product/product_ports.h"

namespace weft {

// Opens its own transactions: the SQL of ports is checked by a worker in between.
// Errors: `product.not_publishable` (422) with every violation, `product.retired`, `product.changed`, `run.already_open`.
[[nodiscard]] Result<Run> publish_product(const Context& context, const ProductPorts& ports, const ProductId& id);

// The definition with each port's columns filled in, or complaints. Pure but for the check of SQL.
[[nodiscard]] Result<ProductDefinition> complete_definition(ProductDefinition definition, const std::vector<ResolvedIngredient>& ingredients,
                                                            Transformer& transformer, std::vector<FieldError>& violations);


}  // namespace weft
