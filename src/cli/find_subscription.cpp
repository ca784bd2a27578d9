#include "cli/find_subscription.h"

#include "base/name.h"

namespace weft {

namespace {

bool is_own(const json::value& subscription, const json::value& me) {
  const auto id = text_at(me, "/id");
  if (text_at(subscription, "/requester/id") == id || text_at(subscription, "/subject/id") == id) return true;
  const auto* domains = me.is_object() ? me.get_object().if_contains("owned_domains") : nullptr;
  if (domains == nullptr || !domains->is_array() || text_at(subscription, "/subject/type") != "domain") return false;
  return std::ranges::any_of(domains->get_array(), [&](const json::value& domain) {
    return domain.is_string() && is_within(text_at(subscription, "/subject/name"), std::string(domain.get_string()));
  });
}

}  // namespace

Result<std::string> find_subscription(MeshClient& client, const SubscriptionChoice& choice, std::string_view state, Whose whose) {
  if (!is_product_reference(choice.id_or_product)) return choice.id_or_product;
  const auto reference = TRY(parse_product_reference(choice.id_or_product));
  const auto product = TRY(client.find_product(reference));
  json::value me;
  if (whose == Whose::Own) me = TRY(client.get("/api/v1/me"));
  std::vector<json::value> found;
  CHECK(client.walk("/api/v1/subscriptions", {{"product", text_at(product, "/id")}, {"state", std::string(state)}}, {},
                    [&](const json::value& subscription) -> Result<void> {
                      if (!choice.subject.empty() && text_at(subscription, "/subject/name") != choice.subject) return {};
                      if (whose == Whose::Own && !is_own(subscription, me)) return {};
                      found.push_back(subscription);
                      return {};
                    }));
  if (found.size() == 1) return text_at(found[0], "/id");
  if (found.empty()) {
    return fail(ErrorKind::NotFound, "subscription.not_found",
                fmt::format("There is no {} request for {}{}{} that you may know of.", state, reference.text(),
                            choice.subject.empty() ? "" : " by ", choice.subject),
                "`weft requests` lists them all.");
  }
  auto error = make_error(ErrorKind::Invalid, "usage.several_subscriptions",
                          fmt::format("There are {} {} requests for {}.", found.size(), state, reference.text()))
                   .with_hint("Name one by its id, or say whose by --for.");
  for (const auto& subscription : found) {
    error.fields.push_back(
        {text_at(subscription, "/id"), fmt::format("{}: {}", text_at(subscription, "/subject/name"), text_at(subscription, "/purpose"))});
  }
  return fail(std::move(error));
}

}  // namespace weft
