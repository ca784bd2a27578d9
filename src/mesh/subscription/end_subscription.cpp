#include "mesh/subscription/end_subscription.h"

#include "mesh/subscription/notify_dependents.h"
#include "mesh/subscription/notify_subject.h"

namespace weft {

namespace {

struct EndingWords {
  std::string_view action, kind, what, who_may;
};

EndingWords words_of(Ending ending) {
  switch (ending) {
    case Ending::Withdraw:
      return {"subscription.withdraw", "subscription.withdrawn", "was withdrawn",
              "Only the requester withdraws a request, or an owner of the domain that it is for."};
    case Ending::Revoke:
      return {"subscription.revoke", "subscription.revoked", "was revoked", "Only governance or the product's owners revoke a grant."};
    case Ending::Return: return {"subscription.return", "subscription.returned", "was returned", "Only its subject returns a grant."};
    case Ending::Expire: break;
  }
  return {"subscription.expire", "subscription.expired", "has ended", "Time alone lets a grant expire."};
}

bool may_end(const Subscription& subscription, Ending ending, const Principal& who) {
  switch (ending) {
    case Ending::Withdraw: return subscription.requester == who.id || (subscription.subject.domain && who.owns(subscription.subject.name));
    case Ending::Revoke: return who.has(Role::Governance) || who.owns(subscription.product_domain);
    case Ending::Return: return subscription.subject.user ? *subscription.subject.user == who.id : who.owns(subscription.subject.name);
    case Ending::Expire: break;
  }
  return false;
}

}  // namespace

Result<Subscription> end_subscription(Tx& tx, const Context& context, const SubscriptionPorts& ports, const EndSubscription& input) {
  const auto before = TRY(get_subscription(tx, context.who, ports.subscriptions, input.subscription));
  const auto words = words_of(input.ending);
  if (!may_end(before, input.ending, context.who)) {
    return fail(ErrorKind::Denied, "subscription.not_yours", std::string(words.who_may));
  }
  auto after = TRY(end(before, input.ending, input.reason, OwnerName{context.who.id, context.who.name}, context.now));
  CHECK(ports.subscriptions.transition(tx, after, before.state));
  CHECK(notify_subject(tx, context, ports, after, words.kind, words.what));
  CHECK(notify_dependents(tx, context, ports, after, words.what));
  CHECK(ports.audit.append(
      tx, context, {std::string(words.action), "subscription", after.id.text(), after.product_domain, to_json(before), to_json(after)}));
  return after;
}

}  // namespace weft
