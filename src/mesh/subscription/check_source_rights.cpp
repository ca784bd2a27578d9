#include "mesh/subscription/check_source_rights.h"

namespace weft {

namespace {

// Whether whoever reads under `wider` may see all that `narrower` shows, by what their limits were settled to mean.
Result<bool> permits_all(Tx& tx, SubscriptionStore& subscriptions, const Subscription& wider, const Subscription& narrower) {
  if (!permits_all_of(wider.limits, narrower.limits)) return false;
  const auto shown = TRY(subscriptions.find_settled(tx, wider.id));
  if (!shown) return true;  // it has no limits on columns and rows
  const auto settled = TRY(subscriptions.find_settled(tx, narrower.id));
  return settled && shows_all_of(*shown, *settled);
}

// Narrows `until` to the end of the grant that it holds by.
Result<bool> holds(Tx& tx, SubscriptionStore& subscriptions, const Product& source, const SourceRight& right, Timestamp now,
                   std::optional<Timestamp>& until) {
  if (!right.subscription) return is_within(source.domain_path, right.reader_path);
  const auto used = TRY(subscriptions.find(tx, *right.subscription));
  if (!used) return false;
  if (in_force(*used, now) && is_within(right.reader_path, used->subject.name)) {
    until = earlier(until, end_of(*used));
    return true;
  }
  const auto renewed = TRY(subscriptions.find_domain_grant(tx, right.product, right.reader_path, now));
  if (!renewed || !TRY(permits_all(tx, subscriptions, *renewed, *used))) return false;
  until = earlier(until, end_of(*renewed));
  return true;
}

}  // namespace

Result<std::optional<Timestamp>> check_source_rights(Tx& tx, ProductStore& products, SubscriptionStore& subscriptions,
                                                     const std::vector<SourceRight>& rights, Timestamp now) {
  std::optional<Timestamp> until;
  for (const auto& right : rights) {
    const auto source = TRY(products.find(tx, right.product));
    if (source && source->visible_to_all() && TRY(holds(tx, subscriptions, *source, right, now, until))) continue;
    if (source && !source->visible_to_all()) {
      return fail(ErrorKind::Denied, "data.source_closed",
                  fmt::format("The data rests on {}/{}, which is out of service.", source->domain_path, source->name),
                  fmt::format("The owners of {} have to build it on another source.", right.reader_path));
    }
    return fail(ErrorKind::Denied, "data.source_closed",
                fmt::format("The data rests on {}, to which {} holds no grant any more, or one with other limits.",
                            source ? fmt::format("{}/{}", source->domain_path, source->name) : "a product that is gone", right.reader_path),
                fmt::format("The owners of {} have to renew the subscription and refresh what they built on it.", right.reader_path));
  }
  return until;
}

}  // namespace weft
