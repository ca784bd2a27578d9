// Whether the rights that a snapshot rests on still hold.
#pragma once

#include "mesh/product/product_store.h"
#include "mesh/subscription/subscription_store.h"

namespace weft {

// A right holds while its product is in service and the grant by which it was read is in force, or one that permits all
// that the former one did: what was taken under wider limits than today's is closed until it is taken anew.
// Errors: `data.source_closed` (403).
[[nodiscard]] Result<void> check_source_rights(Tx& tx, ProductStore& products, SubscriptionStore& subscriptions,
                                               const std::vector<SourceRight>& rights, Timestamp now);

}  // namespace weft
