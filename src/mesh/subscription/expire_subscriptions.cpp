#include "mesh/subscription/expire_subscriptions.h"

#include "mesh/subscription/notify_dependents.h"
#include "mesh/subscription/notify_subject.h"

namespace weft {

Result<int> expire_subscriptions(Tx& tx, const Context& context, const SubscriptionPorts& ports, int limit) {
  const Principal system;
  const Context as_system{context.now, system, context.request_id};
  int expired = 0;
  for (const auto& subscription : TRY(ports.subscriptions.overdue(tx, context.now, limit))) {
    auto next = TRY(end(subscription, Ending::Expire, "", std::nullopt, context.now));
    auto ended = ports.subscriptions.transition(tx, next, subscription.state);
    if (!ended && ended.error().id == "subscription.already_decided") continue;  // somebody ended it in this very moment
    CHECK(ended);
    CHECK(notify_subject(tx, as_system, ports, next, "subscription.expired", "has ended", Told::SubjectAndOwners));
    CHECK(notify_dependents(tx, as_system, ports, next, "has ended"));
    CHECK(ports.audit.append(
        tx, as_system, {"subscription.expire", "subscription", next.id.text(), next.product_domain, to_json(subscription), to_json(next)}));
    ++expired;
  }
  return expired;
}

}  // namespace weft
