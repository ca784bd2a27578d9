// Withdraw a request, revoke a grant, return it. From the commit on the data door refuses, and running streams are cut.
#pragma once

#include "mesh/subscription/subscription_ports.h"

namespace weft {

struct EndSubscription {
  SubscriptionId subscription;
  Ending ending = Ending::Withdraw;  // not Expire: time alone does that
  std::string reason;
};

// Who: withdraw the requester (or an owner of the domain that it is for); revoke governance or the product's owners; return the subject (an owner, for a domain).
// Errors: `subscription.not_yours` (403), `subscription.already_decided` (409), `subscription.not_found`.
[[nodiscard]] Result<Subscription> end_subscription(Tx& tx, const Context& context, const SubscriptionPorts& ports,
                                                    const EndSubscription& input);

}  // namespace weft
