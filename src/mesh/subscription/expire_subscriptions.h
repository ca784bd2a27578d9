// Marks grants whose end has passed. The data door asks the time itself; this only brings the state up to date.
#pragma once

#include "mesh/subscription/subscription_ports.h"

namespace weft {

// At most `limit`; returns how many. Each is audited as done by the system.
[[nodiscard]] Result<int> expire_subscriptions(Tx& tx, const Context& context, const SubscriptionPorts& ports, int limit);

}  // namespace weft
