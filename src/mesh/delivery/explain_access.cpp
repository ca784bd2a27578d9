#include "mesh/delivery/explain_access.h"

#include "mesh/delivery/plan_read.h"

namespace weft {

namespace {

constexpr std::string_view kOwnerKey = "0:", kSubscriptionKey = "1:";

std::string hindrance_of(const std::optional<User>& user, const Product& product) {
  if (!user || user->state != UserState::Active) return "The user is disabled.";
  if (user->roles.empty()) return "The user has no role any more.";
  if (product.state == ProductState::Retired) return "The product is retired.";
  if (!product.published) return "The product was never published.";
  return {};
}

// Ownership counts with the role only. By user id; each once, by the nearest domain.
Result<std::vector<AccessGround>> owners_of(Tx& tx, const ExplainPorts& ports, const Product& product) {
  std::map<std::string, AccessGround> owners;
  auto paths = self_and_ancestors(product.domain_path);
  std::ranges::sort(paths, std::greater{}, &std::string::size);
  for (const auto& path : paths) {
    const auto domain = TRY(ports.domains.find_by_path(tx, path));
    if (!domain) continue;
    auto named = domain->owners;
    std::ranges::copy(domain->dormant_owners, std::back_inserter(named));  // the disabled among them with what hinders them
    for (const auto& owner : named) {
      const auto user = TRY(ports.users.find(tx, owner.id));
      if (!user || !user->roles.has(Role::DomainOwner)) continue;
      AccessGround ground{fmt::format("{}{}", kOwnerKey, owner.id.text()), owner, path, std::nullopt, hindrance_of(user, product)};
      owners.emplace(ground.key, std::move(ground));
    }
  }
  std::vector<AccessGround> list;
  for (auto& [key, ground] : owners) list.push_back(std::move(ground));
  return list;
}

Result<AccessGround> ground_of(Tx& tx, const ExplainPorts& ports, const Product& product, Subscription subscription) {
  AccessGround ground;
  ground.key = fmt::format("{}{}", kSubscriptionKey, subscription.id.text());
  if (subscription.subject.user) ground.hindrance = hindrance_of(TRY(ports.users.find(tx, *subscription.subject.user)), product);
  if (subscription.subject.domain && product.state == ProductState::Retired) ground.hindrance = "The product is retired.";
  ground.subscription = std::move(subscription);
  return ground;
}

Result<User> find_user(Tx& tx, const ExplainPorts& ports, std::string_view name_or_id) {
  auto user = is_uuid(name_or_id) ? TRY(ports.users.find(tx, UserId(std::string(name_or_id)))) : std::nullopt;
  if (!user) user = TRY(ports.users.find_by_name(tx, name_or_id));
  if (!user) return fail(ErrorKind::NotFound, "user.not_found", fmt::format("There is no user '{}'.", name_or_id));
  return std::move(*user);
}

// A port without a column that the grant's row filter names is closed to its holder.
std::optional<Error> closed_by(const Limits& limits, const Port& port) {
  auto plan = plan_permitted_view(schema_of(port.columns), {limits.row_filter, limits.hidden_columns});
  return plan ? std::nullopt : std::optional(std::move(plan).error());
}

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

}  // namespace

bool UserAccess::reads() const {
  return std::ranges::any_of(ports, [](const PortAccess& port) { return !port.refusal; });
}

Result<void> may_explain(const Principal& who, const Product& product) {
  if (who.has(Role::Governance) || who.keeps(product.domain_path)) return {};
  return fail(ErrorKind::Denied, "product.not_yours",
              fmt::format("Who reads {} is known to its owners and to the governance team.", product.name), "Ask one of its owners.");
}

Result<Page<AccessGround>> list_access(Tx& tx, const ExplainPorts& ports, const Product& product, Timestamp now, const PageRequest& page) {
  std::vector<AccessGround> grounds;
  const bool past_owners = page.after && page.after->starts_with(kSubscriptionKey);
  if (!past_owners) {
    for (auto& ground : TRY(owners_of(tx, ports, product))) {
      if (!page.after || ground.key > *page.after) grounds.push_back(std::move(ground));
    }
  }
  PageRequest rest{page.limit, std::nullopt};
  if (past_owners) rest.after = page.after->substr(kSubscriptionKey.size());
  const SubscriptionFilter filter{product.id, SubscriptionState::Approved, std::nullopt};
  // One more than a page: an overdue one among them makes a shorter page, never an early end.
  for (auto& subscription : TRY(ports.delivery.subscriptions.list(tx, filter, rest))) {
    auto ground = TRY(ground_of(tx, ports, product, std::move(subscription)));
    if (!in_force(*ground.subscription, now)) ground.hindrance = "The grant has ended.";
    grounds.push_back(std::move(ground));
  }
  return cut_page(std::move(grounds), page, [](const AccessGround& last) { return last.key; });
}

Result<UserAccess> explain_access(Tx& tx, const ExplainPorts& ports, const Product& product, Timestamp now, std::string_view name_or_id) {
  UserAccess access{TRY(find_user(tx, ports, name_or_id)), {}, {}};
  for (auto& owner : TRY(owners_of(tx, ports, product))) {
    if (owner.owner->id == access.user.id) access.grounds.push_back(std::move(owner));
  }
  if (auto grant = TRY(ports.delivery.subscriptions.find_grant(tx, product.id, access.user.id, now)))
    access.grounds.push_back(TRY(ground_of(tx, ports, product, std::move(*grant))));
  const auto principal = TRY(ports.users.find_principal(tx, access.user.id));
  if (!product.published) return access;
  for (const auto& port : product.published->ports) {
    PortAccess opened{port.name, std::nullopt};
    if (!principal) {
      opened.refusal = make_error(ErrorKind::Denied, "user.disabled", "The user is disabled and can't sign in.");
    } else {
      auto readable = find_readable_port(tx, ports.delivery, *principal, now, product.domain_path, product.name, port.name);
      if (!readable && readable.error().kind == ErrorKind::Internal) return fail(readable.error());
      if (!readable) {
        opened.refusal = std::move(readable).error();
      } else if (readable->limits) {
        opened.refusal = closed_by(*readable->limits, readable->port);
      }
    }
    access.ports.push_back(std::move(opened));
  }
  return access;
}

json::object to_json(const AccessGround& ground) {
  json::object object;
  if (ground.owner) {
    object["subject"] = json::object{{"type", "user"}, {"id", ground.owner->id.text()}, {"name", ground.owner->name}};
    object["why"] = "owner";
    object["domain"] = ground.owned_domain;
    object["subscription"] = nullptr;
    object["limits"] = nullptr;
  } else {
    auto subscription = to_json(*ground.subscription);
    object["subject"] = subscription.at("subject");
    object["why"] = "subscription";
    object["domain"] = nullptr;
    object["limits"] = subscription.at("limits");
    object["subscription"] = json::object{{"id", subscription.at("id")},
                                          {"purpose", subscription.at("purpose")},
                                          {"decided_by", subscription.at("decided_by")},
                                          {"decided_at", subscription.at("decided_at")}};
  }
  object["reads"] = ground.hindrance.empty();
  object["hindrance"] = text_or_null(ground.hindrance);
  return object;
}

json::object to_json(const UserAccess& access) {
  json::array roles, grounds, ports;
  for (const auto role : access.user.roles.list()) roles.emplace_back(to_text(role));
  for (const auto& ground : access.grounds) grounds.emplace_back(to_json(ground));
  for (const auto& port : access.ports) {
    json::object object{{"name", port.port}, {"reads", !port.refusal}, {"refusal", nullptr}};
    if (port.refusal) {
      // In which way limits do not fit is nothing for the reader, but for whoever decides and owns.
      const bool explained = port.refusal->id == "data.port_closed" && !port.refusal->detail.empty();
      object["refusal"] = json::object{
          {"code", port.refusal->id},
          {"detail", explained ? fmt::format("The limits do not fit this port: {}.", port.refusal->detail) : port.refusal->message},
          {"hint", text_or_null(port.refusal->hint)}};
    }
    ports.push_back(std::move(object));
  }
  return json::object{{"user", json::object{{"id", access.user.id.text()}, {"name", access.user.name}, {"roles", std::move(roles)}}},
                      {"reads", access.reads()},
                      {"grounds", std::move(grounds)},
                      {"ports", std::move(ports)}};
}

}  // namespace weft
