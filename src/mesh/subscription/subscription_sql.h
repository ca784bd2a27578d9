// Adapter: subscriptions on the metadata store.
#pragma once

#include <memory>

#include "mesh/subscription/subscription_store.h"

namespace weft {

[[nodiscard]] std::unique_ptr<SubscriptionStore> make_sql_subscription_store();

}  // namespace weft
