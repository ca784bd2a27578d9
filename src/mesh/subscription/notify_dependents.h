// Tells those who answer for what rested on a domain's grant, however far down, that it is closed.
#pragma once

#include "mesh/subscription/subscription_ports.h"

namespace weft {

// `what` became of the grant: `was revoked`. A notification a product, to the owners of its domain.
[[nodiscard]] Result<void> notify_dependents(Tx& tx, const Context& context, const SubscriptionPorts& ports,
                                             const Subscription& subscription, std::string_view what);

}  // namespace weft
