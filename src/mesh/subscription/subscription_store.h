// Port: subscriptions. Transitions are conditional: of two at once, one wins.
#pragma once

#include "base/page.h"
#include "base/transaction.h"
#include "mesh/subscription/settled_limits.h"
#include "mesh/subscription/subscription.h"

namespace weft {

struct SubscriptionFilter {
  std::optional<ProductId> product;
  std::optional<SubscriptionState> state;
  // Limits what the caller may know: own ones (as requester or subject), and those on products or for subjects of these
  // domains; nullopt: all.
  struct Visible {
    UserId user;
    std::vector<std::string> domains;
  };
  std::optional<Visible> visible;
};

class SubscriptionStore {
 public:
  virtual ~SubscriptionStore() = default;
  [[nodiscard]] virtual Result<std::optional<Subscription>> find(Tx& tx, const SubscriptionId& id) = 0;
  [[nodiscard]] virtual Result<std::vector<Subscription>> list(Tx& tx, const SubscriptionFilter& filter, const PageRequest& page) = 0;
  // Errors: `subscription.already_open` (409): a pending or approved one of that product and subject exists.
  [[nodiscard]] virtual Result<void> insert(Tx& tx, const Subscription& subscription) = 0;
  // Writes the new state where the old one still stands. Errors: `subscription.already_decided` (409) when it does not.
  [[nodiscard]] virtual Result<void> transition(Tx& tx, const Subscription& next, SubscriptionState from) = 0;
  // What its limits mean, once they are decided; nullopt: it has none, or that is not known.
  [[nodiscard]] virtual Result<std::optional<SettledLimits>> find_settled(Tx& tx, const SubscriptionId& id) = 0;
  [[nodiscard]] virtual Result<void> keep_settled(Tx& tx, const SubscriptionId& id, const SettledLimits& settled) = 0;
  // Those in force at `now` by which this user reads this product himself (not by domain): none or one.
  [[nodiscard]] virtual Result<std::optional<Subscription>> find_grant(Tx& tx, const ProductId& product, const UserId& user,
                                                                       Timestamp now) = 0;
  // By which this domain, or one above it, reads this product for what it builds.
  [[nodiscard]] virtual Result<std::optional<Subscription>> find_domain_grant(Tx& tx, const ProductId& product,
                                                                              std::string_view domain_path, Timestamp now) = 0;
  // Approved ones whose ends_at has passed: to be marked expired.
  [[nodiscard]] virtual Result<std::vector<Subscription>> overdue(Tx& tx, Timestamp now, int limit) = 0;
  // When the next approved one ends; nullopt: none does by itself.
  [[nodiscard]] virtual Result<std::optional<Timestamp>> next_end(Tx& tx) = 0;
};

}  // namespace weft
