// Tells the requester and, for a domain's subscription, the domain's owners what became of it.
#pragma once

#include "mesh/subscription/subscription_ports.h"

namespace weft {

enum class Told { Subject, SubjectAndOwners };  // Owners: those of the product's domain, too

// `what` completes the sentence "Access to sales / flights …": `was approved`.
[[nodiscard]] Result<void> notify_subject(Tx& tx, const Context& context, const SubscriptionPorts& ports, const Subscription& subscription,
                                          std::string_view kind, std::string_view what, Told told = Told::Subject);

}  // namespace weft
