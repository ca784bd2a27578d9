// A subscription: a subject's right to one product, born from a request and decided by governance. Pure state machine.
//
//   pending → approved | rejected | withdrawn;  approved → revoked | returned | expired
#pragma once

#include "mesh/product/product.h"

namespace weft {

enum class SubscriptionState { Pending, Approved, Rejected, Withdrawn, Revoked, Returned, Expired };
[[nodiscard]] std::string_view to_text(SubscriptionState state);
[[nodiscard]] Result<SubscriptionState> parse_subscription_state(std::string_view text);

// What the approver narrows. The data door's grammar; holds on every port.
struct Limits {
  std::string row_filter;  // `origin=eq.JFK&carrier=in.(AA,UA)`; empty: all rows
  std::vector<std::string> hidden_columns;
  std::optional<Timestamp> ends_at;
};

// Whether whoever reads under `wider` may see all that `narrower` shows. Filters are compared as they are written.
[[nodiscard]] bool permits_all_of(const std::optional<Limits>& wider, const std::optional<Limits>& narrower);

// Who reads: a user, or a domain (for what it builds).
struct Subject {
  std::optional<UserId> user;
  std::optional<DomainId> domain;
  std::string name;  // user name or domain path
};

struct Subscription {
  SubscriptionId id;
  ProductId product;
  std::string product_name, product_domain;  // path
  Subject subject;
  UserId requester;
  std::string requester_name;
  std::string purpose;
  SubscriptionState state = SubscriptionState::Pending;
  std::optional<Limits> limits;
  std::optional<OwnerName> decided_by;
  std::string comment;  // of the decision
  Timestamp requested_at;
  std::optional<Timestamp> decided_at, ended_at;  // a rejection is an end, too
  std::optional<OwnerName> ended_by;              // not of what time ended
  std::string end_reason;
  std::int64_t version = 1;
};

enum class Decision { Approve, Reject };
enum class Ending { Withdraw, Revoke, Return, Expire };

// The rules of deciding: governance only; never the requester, never an owner of the product's domain, never on an own
// subject domain. Errors: `subscription.already_decided` (409), `subscription.own_request`, `subscription.own_product` (403).
[[nodiscard]] Result<void> may_decide(const Subscription& subscription, const Principal& who);
[[nodiscard]] Result<Subscription> decide(Subscription subscription, Decision decision, std::string comment, std::optional<Limits> limits,
                                          const OwnerName& by, Timestamp now);
// `by`: nullopt where time ends it; then the reason is said here.
[[nodiscard]] Result<Subscription> end(Subscription subscription, Ending ending, std::string reason, const std::optional<OwnerName>& by,
                                       Timestamp now);

// As it is to be shown: a grant whose end has passed is expired, whether or not anybody has come to note it.
[[nodiscard]] Subscription as_of(Subscription subscription, Timestamp now);

// Whether it was withdrawn, revoked, returned, or ran out: after the request or the grant stood, not by a decision.
[[nodiscard]] bool has_ended(const Subscription& subscription);

// Whether it gives a right at that instant.
[[nodiscard]] bool in_force(const Subscription& subscription, Timestamp now);

// When it ends by itself; nullopt: never.
[[nodiscard]] std::optional<Timestamp> end_of(const Subscription& subscription);
// The earlier of two ends, where there are any.
[[nodiscard]] std::optional<Timestamp> earlier(std::optional<Timestamp> left, std::optional<Timestamp> right);

// As the API and the audit log show it.
[[nodiscard]] json::object to_json(const Subscription& subscription);
[[nodiscard]] json::value to_json(const std::optional<Limits>& limits);

}  // namespace weft
