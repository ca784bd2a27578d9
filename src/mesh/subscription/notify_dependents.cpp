#include "mesh/subscription/notify_dependents.h"

#include "mesh/domain/answering_users.h"

namespace weft {

Result<void> notify_dependents(Tx& tx, const Context& context, const SubscriptionPorts& ports, const Subscription& subscription,
                               std::string_view what) {
  if (!subscription.subject.domain) return {};
  for (const auto& product : TRY(ports.products.resting_on(tx, subscription.id))) {
    const auto own = fmt::format("{} / {}", product.domain_path, product.name);
    CHECK(ports.outbox.notify(
        tx, context, TRY(answering_users(tx, ports.domains, ports.users, product.domain_path)),
        {"product.closed", fmt::format("{} is closed to its readers", own),
         fmt::format(
             "Your product {} rests on {} / {} by the access of {}, which {}. Ports that hold rows of it answer 403 until that access "
             "is granted anew and what was built on it is refreshed.",
             own, subscription.product_domain, subscription.product_name, subscription.subject.name, what),
         fmt::format("/products/{}/{}", product.domain_path, product.name)}));
  }
  return {};
}

}  // namespace weft
