// What the limits of a grant are at a port as it is now: since they were decided, columns may have got other names, types and meanings.
#pragma once

#include "mesh/product/product_store.h"
#include "mesh/subscription/subscription_store.h"

namespace weft {

struct LimitPorts {
  ProductStore& products;
  SubscriptionStore& subscriptions;
};

// The grant's limits with the port's own names of what is hidden. Errors: `data.port_closed` (Denied) where a column that the row
// filter names is made in another way now than when the filter was decided, or is compared in another way (as text instead of as a
// number): other rows would pass. REQUIRES: the grant is approved, `snapshot` one of its product.
[[nodiscard]] Result<std::optional<Limits>> limits_at_port(Tx& tx, const LimitPorts& ports, const SnapshotId& snapshot,
                                                           std::string_view port, const Subscription& grant);

}  // namespace weft
