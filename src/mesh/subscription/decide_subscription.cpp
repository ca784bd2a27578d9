#include "mesh/subscription/decide_subscription.h"

#include "mesh/delivery/plan_read.h"
#include "mesh/subscription/notify_subject.h"

namespace weft {

namespace {

// The limits must leave something to read: on at least one port the filter fits and a column is left; each hidden column is
// a column of one.
Result<void> check_limits(const Limits& limits, const ProductDefinition& product) {
  std::vector<FieldError> complaints;
  std::set<std::string> known;
  std::optional<Error> misfit;
  bool filter_fits = limits.row_filter.empty(), column_left = false;
  for (const auto& port : product.ports) {
    for (const auto& column : port.columns) known.insert(column.name);
    const auto parsed = parse_limits({limits.row_filter, {}}, schema_of(port.columns));
    filter_fits = filter_fits || parsed;
    column_left = column_left || (parsed && std::ranges::any_of(port.columns, [&](const PortColumn& column) {
                                    return !is_hidden(column.name, limits.hidden_columns);
                                  }));
    // Of several ports' complaints the one that knows the column says more than those that do not.
    if (!parsed && (!misfit || misfit->id == "data.unknown_column")) misfit = parsed.error();
  }
  if (!filter_fits) complaints.push_back({"limits.row_filter", misfit ? misfit->message : "fits no port of the product"});
  for (std::size_t i = 0; i < limits.hidden_columns.size(); ++i) {
    if (!known.contains(limits.hidden_columns[i])) {
      complaints.push_back(
          {fmt::format("limits.hidden_columns[{}]", i), fmt::format("no port has a column '{}'", limits.hidden_columns[i])});
    }
  }
  if (complaints.empty() && !column_left)
    complaints.push_back({"limits.hidden_columns", "leave no column of a port whose rows the filter fits: there would be nothing to read"});
  if (complaints.empty()) return {};
  return fail(make_error(ErrorKind::Invalid, "form.invalid", "The limits do not fit the product.").with_fields(std::move(complaints)));
}

// Whoever is disabled could not use it, and nobody would think of the grant when he is enabled again.
Result<void> require_active_subject(Tx& tx, UserStore& users, const Subject& subject) {
  if (!subject.user) return {};
  const auto user = TRY(users.find(tx, *subject.user));
  if (user && user->state == UserState::Active) return {};
  return fail(ErrorKind::Conflict, "subscription.subject_disabled",
              fmt::format("The user {} is disabled; there is nobody to approve it for.", subject.name),
              "Reject the request, or have an administrator enable the user first.");
}

Error another_version(const Product& product) {
  return make_error(ErrorKind::Conflict, "product.changed",
                    fmt::format("{} has version {} by now.", product.name, product.published_version))
      .with_hint("Look at the new version and decide again.");
}

// By the data that is there now. `product`: as the limits were checked against it.
Result<void> settle(Tx& tx, const SubscriptionPorts& ports, const Subscription& grant, const Product& product) {
  if (!grant.limits || (grant.limits->hidden_columns.empty() && grant.limits->row_filter.empty())) return {};
  const auto snapshot = TRY(ports.products.current_snapshot(tx, product.id));
  if (!snapshot || snapshot->product_version != product.published_version) return fail(another_version(product));
  std::map<std::string, Provenance> provenance;
  for (const auto& file : snapshot->files) {
    auto of_port = TRY(ports.products.find_provenance(tx, snapshot->id, file.port));
    if (!of_port) {
      return fail(ErrorKind::Conflict, "subscription.not_settled",
                  fmt::format("It is not known what the columns of {} are made of, so limits can't be held to them.", grant.product_name),
                  "Have its owners refresh the views that it reads, and then the product; decide again after that.");
    }
    provenance.emplace(file.port, std::move(*of_port));
  }
  return ports.subscriptions.keep_settled(tx, grant.id, settle_limits(grant.limits->hidden_columns, provenance));
}

}  // namespace

Result<Subscription> decide_subscription(Tx& tx, const Context& context, const SubscriptionPorts& ports, const DecideSubscription& input) {
  const auto before = TRY(get_subscription(tx, context.who, ports.subscriptions, input.subscription));
  CHECK(may_decide(before, context.who));
  auto after = TRY(decide(before, input.decision, input.comment, input.limits, {context.who.id, context.who.name}, context.now));
  if (input.decision == Decision::Approve) {
    auto product = TRY(ports.products.find(tx, before.product));
    if (!product || !product->visible_to_all() || !product->published) {
      return fail(ErrorKind::Conflict, "product.not_requestable", "The product is no longer published; there is nothing to approve.",
                  "Reject the request and say so.");
    }
    if (input.product_version.value_or(product->published_version) != product->published_version) return fail(another_version(*product));
    CHECK(require_active_subject(tx, ports.users, before.subject));
    if (after.limits) CHECK(check_limits(*after.limits, *product->published));
    CHECK(settle(tx, ports, after, *product));
  }
  CHECK(ports.subscriptions.transition(tx, after, before.state));
  const bool approved = input.decision == Decision::Approve;
  CHECK(notify_subject(tx, context, ports, after, approved ? "subscription.approved" : "subscription.rejected",
                       approved ? "was approved" : "was rejected"));
  CHECK(ports.audit.append(tx, context,
                           {approved ? "subscription.approve" : "subscription.reject", "subscription", after.id.text(),
                            after.product_domain, to_json(before), to_json(after)}));
  return after;
}

}  // namespace weft
