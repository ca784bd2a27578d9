// A user asks for one product, for himself or, as an owner, for a domain.
#pragma once

#include "mesh/subscription/subscription_ports.h"

namespace weft {

struct RequestSubscription {
  ProductId product;
  std::string purpose;
  std::optional<std::string> domain;  // path of the subject; nullopt: the caller himself
};

inline constexpr std::size_t kMaxPurposeBytes = 4000;
inline constexpr std::size_t kMaxCommentBytes = 4000;  // of a decision or an end
inline constexpr std::size_t kMaxRowFilterBytes = 2048;

// Writes the request, tells governance (all members who may decide), audits.
// Errors: `product.not_found`, `product.not_requestable` (409), `subscription.already_open` (409), `role.missing`,
// `subscription.not_your_domain` (403), `subscription.own_product` (409: an owner reads his own product anyway).
[[nodiscard]] Result<Subscription> request_subscription(Tx& tx, const Context& context, const SubscriptionPorts& ports,
                                                        const RequestSubscription& input);

}  // namespace weft
