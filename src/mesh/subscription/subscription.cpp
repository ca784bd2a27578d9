#include "mesh/subscription/subscription.h"

namespace weft {

std::string_view to_text(SubscriptionState state) {
  switch (state) {
    case SubscriptionState::Pending: return "pending";
    case SubscriptionState::Approved: return "approved";
    case SubscriptionState::Rejected: return "rejected";
    case SubscriptionState::Withdrawn: return "withdrawn";
    case SubscriptionState::Revoked: return "revoked";
    case SubscriptionState::Returned: return "returned";
    case SubscriptionState::Expired: return "expired";
  }
  return "";
}

Result<SubscriptionState> parse_subscription_state(std::string_view text) {
  for (auto state : {SubscriptionState::Pending, SubscriptionState::Approved, SubscriptionState::Rejected, SubscriptionState::Withdrawn,
                     SubscriptionState::Revoked, SubscriptionState::Returned, SubscriptionState::Expired}) {
    if (to_text(state) == text) return state;
  }
  return fail(ErrorKind::Invalid, "subscription.unknown_state", fmt::format("There is no state '{}'.", text),
              "States are pending, approved, rejected, withdrawn, revoked, returned and expired.");
}

namespace {

constexpr std::string_view kRanOut = "The grant's end date has passed.";

Result<void> require_state(const Subscription& subscription, SubscriptionState wanted, std::string_view act) {
  if (subscription.state == wanted) return {};
  const bool decided = subscription.state == SubscriptionState::Approved || subscription.state == SubscriptionState::Rejected;
  const auto by = decided && subscription.decided_by ? fmt::format(" by {}", subscription.decided_by->name) : std::string{};
  return fail(
      ErrorKind::Conflict, "subscription.already_decided",
      fmt::format("The subscription is {}{}; only one that is {} can be {}.", to_text(subscription.state), by, to_text(wanted), act),
      "Read it again to see what happened.");
}

}  // namespace

Result<void> may_decide(const Subscription& subscription, const Principal& who) {
  if (!who.has(Role::Governance)) {
    return fail(ErrorKind::Denied, "subscription.not_governance", "Only the governance team decides on requests.",
                "Ask a member of the governance team.");
  }
  if (subscription.requester == who.id || subscription.subject.user == who.id ||
      (subscription.subject.domain && who.owns(subscription.subject.name))) {
    return fail(ErrorKind::Denied, "subscription.own_request", "Nobody decides on his own request.",
                "Another member of the governance team decides.");
  }
  if (who.owns(subscription.product_domain)) {
    return fail(ErrorKind::Denied, "subscription.own_product", "Nobody decides on a product that he owns.",
                "A member of the governance team who does not own it decides.");
  }
  return {};
}

bool permits_all_of(const std::optional<Limits>& wider, const std::optional<Limits>& narrower) {
  if (!wider || (wider->row_filter.empty() && wider->hidden_columns.empty())) return true;
  if (!narrower) return false;
  const bool rows = wider->row_filter.empty() || wider->row_filter == narrower->row_filter;
  return rows && std::ranges::all_of(wider->hidden_columns, [&](const std::string& hidden) {
           return std::ranges::find(narrower->hidden_columns, hidden) != narrower->hidden_columns.end();
         });
}

void add_rights(std::vector<SourceRight>& rights, const std::vector<SourceRight>& more) {
  for (const auto& right : more) {
    if (std::ranges::find(rights, right) == rights.end()) rights.push_back(right);
  }
}

Result<Subscription> decide(Subscription subscription, Decision decision, std::string comment, std::optional<Limits> limits,
                            const OwnerName& by, Timestamp now) {
  CHECK(require_state(subscription, SubscriptionState::Pending, "decided on"));
  if (decision == Decision::Reject) {
    if (comment.empty()) {
      return fail(
          make_error(ErrorKind::Invalid, "form.invalid", "A rejection needs its reason.").with_fields({{"comment", "must say why"}}));
    }
    if (limits) {
      return fail(make_error(ErrorKind::Invalid, "form.invalid", "A rejection has no limits.")
                      .with_fields({{"limits", "go with an approval only"}}));
    }
  }
  if (limits && limits->ends_at && *limits->ends_at <= now) {
    return fail(make_error(ErrorKind::Invalid, "form.invalid", "The grant would have ended already.")
                    .with_fields({{"limits.ends_at", "must lie in the future"}}));
  }
  subscription.state = decision == Decision::Approve ? SubscriptionState::Approved : SubscriptionState::Rejected;
  subscription.limits = std::move(limits);
  subscription.comment = std::move(comment);
  subscription.decided_by = by;
  subscription.decided_at = now;
  if (decision == Decision::Reject) subscription.ended_at = now;
  ++subscription.version;
  return subscription;
}

Result<Subscription> end(Subscription subscription, Ending ending, std::string reason, const std::optional<OwnerName>& by, Timestamp now) {
  // A grant that ran out has ended, whether or not anybody has come to note it.
  if (ending != Ending::Expire) subscription = as_of(std::move(subscription), now);
  switch (ending) {
    case Ending::Withdraw:
      CHECK(require_state(subscription, SubscriptionState::Pending, "withdrawn"));
      subscription.state = SubscriptionState::Withdrawn;
      break;
    case Ending::Revoke:
      CHECK(require_state(subscription, SubscriptionState::Approved, "revoked"));
      subscription.state = SubscriptionState::Revoked;
      break;
    case Ending::Return:
      CHECK(require_state(subscription, SubscriptionState::Approved, "returned"));
      subscription.state = SubscriptionState::Returned;
      break;
    case Ending::Expire:
      CHECK(require_state(subscription, SubscriptionState::Approved, "expired"));
      subscription.state = SubscriptionState::Expired;
      break;
  }
  subscription.end_reason = ending == Ending::Expire ? std::string(kRanOut) : std::move(reason);
  subscription.ended_by = by;
  subscription.ended_at = now;
  if (ending == Ending::Expire && subscription.limits && subscription.limits->ends_at) subscription.ended_at = subscription.limits->ends_at;
  ++subscription.version;
  return subscription;
}

Subscription as_of(Subscription subscription, Timestamp now) {
  if (subscription.state != SubscriptionState::Approved || in_force(subscription, now)) return subscription;
  subscription.state = SubscriptionState::Expired;
  subscription.ended_at = subscription.limits->ends_at;
  subscription.end_reason = kRanOut;
  return subscription;
}

bool has_ended(const Subscription& subscription) {
  switch (subscription.state) {
    case SubscriptionState::Withdrawn:
    case SubscriptionState::Revoked:
    case SubscriptionState::Returned:
    case SubscriptionState::Expired: return true;
    case SubscriptionState::Pending:
    case SubscriptionState::Approved:
    case SubscriptionState::Rejected: break;
  }
  return false;
}

bool in_force(const Subscription& subscription, Timestamp now) {
  return subscription.state == SubscriptionState::Approved &&
         !(subscription.limits && subscription.limits->ends_at && *subscription.limits->ends_at <= now);
}

std::optional<Timestamp> end_of(const Subscription& subscription) {
  return subscription.limits ? subscription.limits->ends_at : std::nullopt;
}

std::optional<Timestamp> earlier(std::optional<Timestamp> left, std::optional<Timestamp> right) {
  if (!left || !right) return left ? left : right;
  return std::min(*left, *right);
}

json::value to_json(const std::optional<Limits>& limits) {
  if (!limits) return nullptr;
  json::array hidden(limits->hidden_columns.begin(), limits->hidden_columns.end());
  return json::object{
      {"row_filter", limits->row_filter.empty() ? json::value(nullptr) : json::value(limits->row_filter)},
      {"hidden_columns", std::move(hidden)},
      {"ends_at", limits->ends_at ? json::value(to_rfc3339(*limits->ends_at)) : json::value(nullptr)},
  };
}

json::object to_json(const Subscription& subscription) {
  auto time = [](const std::optional<Timestamp>& at) { return at ? json::value(to_rfc3339(*at)) : json::value(nullptr); };
  auto person = [](const std::optional<OwnerName>& who) {
    return who ? json::value(json::object{{"id", who->id.text()}, {"name", who->name}}) : json::value(nullptr);
  };
  json::value ended;
  if (has_ended(subscription)) {
    ended = json::object{{"at", time(subscription.ended_at)}, {"by", person(subscription.ended_by)}, {"reason", subscription.end_reason}};
  }
  json::object subject{{"name", subscription.subject.name}};
  if (subscription.subject.user) {
    subject["type"] = "user";
    subject["id"] = subscription.subject.user->text();
  } else {
    subject["type"] = "domain";
    subject["id"] = subscription.subject.domain->text();
  }
  return json::object{
      {"id", subscription.id.text()},
      {"state", to_text(subscription.state)},
      {"product",
       json::object{{"id", subscription.product.text()}, {"domain", subscription.product_domain}, {"name", subscription.product_name}}},
      {"subject", std::move(subject)},
      {"requester", json::object{{"id", subscription.requester.text()}, {"name", subscription.requester_name}}},
      {"purpose", subscription.purpose},
      {"limits", to_json(subscription.limits)},
      {"comment", subscription.comment},
      {"decided_by", person(subscription.decided_by)},
      {"requested_at", to_rfc3339(subscription.requested_at)},
      {"decided_at", time(subscription.decided_at)},
      {"ended_at", time(subscription.ended_at)},
      {"ended", std::move(ended)},
  };
}

}  // namespace weft
