#include "mesh/subscription/request_subscription.h"

#include "mesh/subscription/expire_subscriptions.h"

namespace weft {

namespace {

Result<Product> find_requestable(Tx& tx, const Context& context, const SubscriptionPorts& ports, const ProductId& id) {
  auto product = TRY(ports.products.find(tx, id));
  if (!product || (!product->visible_to_all() && !context.who.keeps(product->domain_path))) {
    return fail(ErrorKind::NotFound, "product.not_found", "There is no such product.", "Search the catalog for its id.");
  }
  if (product->state != ProductState::Published) {
    return fail(ErrorKind::Conflict, "product.not_requestable",
                fmt::format("The product is {}; only a published one can be asked for.", to_text(product->state)),
                "Its owners can say what replaces it.");
  }
  return std::move(*product);
}

Result<Subject> find_subject(Tx& tx, const Context& context, const SubscriptionPorts& ports, const RequestSubscription& input,
                             const Product& product) {
  const auto& who = context.who;
  Subject subject;
  if (!input.domain) {
    if (!who.has(Role::DataUser)) {
      return fail(ErrorKind::Denied, "role.missing", "Asking for oneself needs the role data-user.",
                  "A domain administrator grants roles.");
    }
    if (who.owns(product.domain_path)) {
      return fail(ErrorKind::Conflict, "subscription.own_product", "You own this product's domain and read it already.");
    }
    subject.user = who.id;
    subject.name = who.name;
    return subject;
  }
  auto domain = TRY(ports.domains.find_by_path(tx, *input.domain));
  if (domain) domain = TRY(hold_domain(tx, ports.domains, domain->id.text()));
  if (!domain || domain->state != DomainState::Active) {
    return fail(make_error(ErrorKind::Invalid, "form.invalid", "The subject does not exist.")
                    .with_fields({{"subject.domain", fmt::format("there is no domain '{}'", *input.domain)}}));
  }
  if (!who.owns(domain->path)) {
    return fail(ErrorKind::Denied, "subscription.not_your_domain", fmt::format("Only owners of {} ask for it.", domain->path),
                "Ask one of its owners.");
  }
  if (is_within(product.domain_path, domain->path)) {
    return fail(ErrorKind::Conflict, "subscription.own_product",
                domain->path == product.domain_path
                    ? fmt::format("The product belongs to {}, which reads it already.", domain->path)
                    : fmt::format("The product belongs to {}, and {} reads what is below it already.", product.domain_path, domain->path));
  }
  subject.domain = domain->id;
  subject.name = domain->path;
  return subject;
}

}  // namespace

Result<Subscription> request_subscription(Tx& tx, const Context& context, const SubscriptionPorts& ports,
                                          const RequestSubscription& input) {
  const auto product = TRY(find_requestable(tx, context, ports, input.product));
  auto subject = TRY(find_subject(tx, context, ports, input, product));
  // A grant that ran out a moment ago must not stand in the way of a new request.
  CHECK(expire_subscriptions(tx, context, ports, 100));

  Subscription subscription;
  subscription.id = SubscriptionId::make(context.now);
  subscription.product = product.id;
  subscription.product_name = product.name;
  subscription.product_domain = product.domain_path;
  subscription.subject = std::move(subject);
  subscription.requester = context.who.id;
  subscription.requester_name = context.who.name;
  subscription.purpose = input.purpose;
  subscription.requested_at = context.now;
  CHECK(ports.subscriptions.insert(tx, subscription));

  // Only those who could decide are told.
  std::vector<User> deciders;
  for (auto& member : TRY(ports.users.with_role(tx, Role::Governance))) {
    auto principal = TRY(ports.users.find_principal(tx, member.id));
    if (principal && may_decide(subscription, *principal)) deciders.push_back(std::move(member));
  }
  CHECK(ports.outbox.notify(
      tx, context, deciders,
      {"subscription.requested", fmt::format("{} asks for {} / {}", subscription.subject.name, product.domain_path, product.name),
       fmt::format("{} asks for access to the product {} of {}.\n\nSubject: {}\nPurpose: {}\n\nApprove or reject it on the page below.",
                   subscription.requester_name, product.name, product.domain_path, subscription.subject.name, subscription.purpose),
       "/requests/" + subscription.id.text()}));
  CHECK(ports.audit.append(
      tx, context, {"subscription.request", "subscription", subscription.id.text(), product.domain_path, nullptr, to_json(subscription)}));
  return subscription;
}

Result<Subscription> get_subscription(Tx& tx, const Principal& who, SubscriptionStore& subscriptions, const SubscriptionId& id) {
  auto subscription = TRY(subscriptions.find(tx, id));
  const bool known = subscription && (who.administrator() || who.has(Role::Governance) || subscription->requester == who.id ||
                                      subscription->subject.user == who.id || who.owns(subscription->product_domain) ||
                                      (subscription->subject.domain && who.owns(subscription->subject.name)));
  if (!known) return fail(ErrorKind::NotFound, "subscription.not_found", "There is no such subscription.");
  return std::move(*subscription);
}

}  // namespace weft
