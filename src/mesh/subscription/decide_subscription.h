// Governance approves, with limits where wanted, or rejects. From the commit on the data door answers accordingly.
#pragma once

#include "mesh/subscription/subscription_ports.h"

namespace weft {

struct DecideSubscription {
  SubscriptionId subscription;
  Decision decision = Decision::Reject;
  std::string comment;
  std::optional<Limits> limits;
  std::optional<int> product_version;  // that whoever approves has looked at
};

// Errors: those of may_decide() and decide(), `subscription.not_found`, `form.invalid` for limits that do not fit the
// product's ports; of an approval `product.not_requestable` (409) when the product was retired meanwhile,
// `product.changed` (409) when it has another version than the approver looked at, `subscription.subject_disabled` (409) when the
// user was disabled.
[[nodiscard]] Result<Subscription> decide_subscription(Tx& tx, const Context& context, const SubscriptionPorts& ports,
                                                       const DecideSubscription& input);

}  // namespace weft
