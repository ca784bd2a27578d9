// What the columns that a grant hides are called at a port. Governance hides a column by the name that it has when it
// decides; a later version may call it otherwise, and so may another port.
#pragma once

#include "mesh/element/element_store.h"
#include "mesh/product/product.h"

namespace weft {

// `names`, and those of the port's columns that are made, also by way of views, of what the columns of such a name were in `decided`,
// the version that the decision was made on. A column that is as it was in `decided` is hidden or shown as it was then. Where the
// SQL leaves open what a column is made of, it counts as made of all that the SQL reads, unless it stood beside the column of that
// name in the same SELECT of `decided`: whoever hid that one saw it there. REQUIRES: `port` is one of `newest`.
[[nodiscard]] Result<std::vector<std::string>> hidden_columns(Tx& tx, ElementStore& elements, const ProductDefinition& decided,
                                                              const ProductDefinition& newest, const Port& port,
                                                              const std::vector<std::string>& names);

}  // namespace weft
