#include "mesh/subscription/notify_subject.h"

namespace weft {

Result<void> notify_subject(Tx& tx, const Context& context, const SubscriptionPorts& ports, const Subscription& subscription,
                            std::string_view kind, std::string_view what, Told told) {
  std::set<UserId> ids{subscription.requester};
  if (subscription.subject.domain) {
    if (auto domain = TRY(ports.domains.find(tx, *subscription.subject.domain))) {
      for (const auto& owner : TRY(answering_owners(tx, ports.domains, domain->path))) ids.insert(owner.id);
    }
  }
  if (told == Told::SubjectAndOwners) {
    for (const auto& owner : TRY(answering_owners(tx, ports.domains, subscription.product_domain))) ids.insert(owner.id);
  }
  ids.erase(context.who.id);  // whoever did it knows
  std::vector<User> recipients;
  for (const auto& id : ids) {
    if (auto user = TRY(ports.users.find(tx, id)); user && user->state == UserState::Active) recipients.push_back(std::move(*user));
  }
  const bool over = has_ended(subscription);
  const auto& by = over ? subscription.ended_by : subscription.decided_by;
  std::string text = fmt::format("Access of {} to the product {} of {} {}{}.", subscription.subject.name, subscription.product_name,
                                 subscription.product_domain, what, by ? " by " + by->name : "");
  if (over && !subscription.end_reason.empty()) text += fmt::format("\n\nReason: {}", subscription.end_reason);
  if (!over && !subscription.comment.empty()) text += fmt::format("\n\nComment: {}", subscription.comment);
  if (!over && subscription.limits) {
    if (!subscription.limits->row_filter.empty()) text += fmt::format("\nOnly rows where: {}", subscription.limits->row_filter);
    if (!subscription.limits->hidden_columns.empty())
      text += fmt::format("\nWithout the columns: {}", fmt::join(subscription.limits->hidden_columns, ", "));
    if (subscription.limits->ends_at) text += fmt::format("\nUntil: {}", to_rfc3339(*subscription.limits->ends_at));
  }
  return ports.outbox.notify(
      tx, context, recipients,
      {std::string(kind), fmt::format("Access to {} / {} {}", subscription.product_domain, subscription.product_name, what),
       std::move(text), "/requests/" + subscription.id.text()});
}

}  // namespace weft
