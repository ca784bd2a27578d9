// Publishing: all violations at once, or a run that takes the first snapshot and makes the version in one transaction.
#pragma once

#include "mesh/product/product_ports.h"

namespace weft {

// A definition that is ready to be published: each port's columns are filled in.
struct PublishableDefinition {
  ProductDefinition definition;
  std::map<std::string, std::vector<std::string>> reads;  // port → aliases of the ingredients that it is made of
};

// The form in which a publishing run keeps it.
[[nodiscard]] json::object to_json(const PublishableDefinition& publishable);
[[nodiscard]] Result<PublishableDefinition> parse_publishable(const json::value& value);

// Fills in the columns from the ingredients (types, descriptions, what is personal), or complains.
[[nodiscard]] Result<PublishableDefinition> complete_definition(ProductDefinition definition,
                                                                const std::vector<ResolvedIngredient>& ingredients,
                                                                Transformer& transformer, std::vector<FieldError>& violations);

// Errors: `product.retired`, `product.deprecated` (409).
[[nodiscard]] Result<void> require_publishable(const Product& product);

// Opens its own transactions: a worker checks the SQL of the ports in between. Returns the queued run.
// Errors: `product.not_publishable` (422) with every violation, those of require_publishable(), `product.changed`,
// `run.already_open`.
[[nodiscard]] Result<Run> publish_product(const Context& context, const ProductPorts& ports, const ProductId& id);

}  // namespace weft
