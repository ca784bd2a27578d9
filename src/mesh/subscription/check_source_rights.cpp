#include "mesh/subscription/check_source_rights.h"

namespace weft {

namespace {

Result<bool> holds(Tx& tx, SubscriptionStore& subscriptions, const Product& source, const SourceRight& right, Timestamp now) {
  if (!right.subscription) return is_within(source.domain_path, right.reader_path);
  const auto used = TRY(subscriptions.find(tx, *right.subscription));
  if (!used) return false;
  if (in_force(*used, now) && is_within(right.reader_path, used->subject.name)) return true;
  const auto renewed = TRY(subscriptions.find_domain_grant(tx, right.product, right.reader_path, now));
  return renewed && permits_all_of(renewed->limits, used->limits);
}

}  // namespace

Result<void> check_source_rights(Tx& tx, ProductStore& products, SubscriptionStore& subscriptions, const std::vector<SourceRight>& rights,
                                 Timestamp now) {
  for (const auto& right : rights) {
    const auto source = TRY(products.find(tx, right.product));
    if (source && source->visible_to_all() && TRY(holds(tx, subscriptions, *source, right, now))) continue;
    return fail(ErrorKind::Denied, "data.source_closed",
                fmt::format("The data rests on {}, to which {} holds no grant any more, or one with other limits.",
                            source ? fmt::format("{}/{}", source->domain_path, source->name) : "a product that is gone", right.reader_path),
                fmt::format("The owners of {} have to renew the subscription and refresh what they built on it.", right.reader_path));
  }
  return {};
}

}  // namespace weft
