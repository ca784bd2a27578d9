// Cycles: nothing may be made of what is made of itself, however long the way round.
#pragma once

#include "mesh/lineage/trace_lineage.h"
#include "mesh/run/resolve_ingredients.h"

namespace weft {

// What is about to read its ingredients: a product or a view.
struct Reader {
  std::optional<ProductId> product;
  std::optional<ElementId> element;
};

// Whether the ingredient is `reader` itself, or rests on it through published products and views.
[[nodiscard]] Result<bool> rests_on(Tx& tx, const LineagePorts& ports, const ResolvedIngredient& ingredient, const Reader& reader);

}  // namespace weft
