// What the limits of a grant are at a port as it is now: since they were decided, columns may have got other names and types.
#pragma once

#include "mesh/product/hidden_columns.h"
#include "mesh/product/product_store.h"
#include "mesh/subscription/subscription.h"

namespace weft {

struct LimitPorts {
  ProductStore& products;
  ElementStore& elements;
};

// The grant's limits with the port's own names of hidden_columns(). Errors: `data.port_closed` (Denied), also where a column that
// the row filter names is compared in another way now (as text instead of as a number) than when the filter was decided: other rows
// would pass. REQUIRES: the grant is approved, the product published, `port` one of its ports.
[[nodiscard]] Result<std::optional<Limits>> limits_at_port(Tx& tx, const LimitPorts& ports, const Product& product, const Port& port,
                                                           const Subscription& grant);

}  // namespace weft
