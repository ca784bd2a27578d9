// What the use cases of subscriptions stand on.
#pragma once

#include "mesh/audit/audit.h"
#include "mesh/domain/domain_store.h"
#include "mesh/identity/user_store.h"
#include "mesh/notification/notification.h"
#include "mesh/product/product_store.h"
#include "mesh/subscription/subscription_store.h"

namespace weft {

struct SubscriptionPorts {
  SubscriptionStore& subscriptions;
  ProductStore& products;
  DomainStore& domains;
  UserStore& users;
  AuditLog& audit;
  Outbox& outbox;
};

// What the caller may know of, and nothing else. Errors: `subscription.not_found`.
[[nodiscard]] Result<Subscription> get_subscription(Tx& tx, const Principal& who, SubscriptionStore& subscriptions,
                                                    const SubscriptionId& id);

}  // namespace weft
