#include "mesh/subscription/subscription_http.h"

#include "mesh/subscription/decide_subscription.h"
#include "mesh/subscription/end_subscription.h"
#include "mesh/subscription/request_subscription.h"

namespace weft {

namespace {

constexpr std::size_t kMaxHiddenColumns = 500;

Result<RequestSubscription> parse_request(const json::value& body) {
  Form form(body);
  RequestSubscription input;
  input.product = ProductId(form.required_text("product", {64}));
  input.purpose = form.required_text("purpose", {kMaxPurposeBytes});
  if (const auto* subject = form.optional_object("subject")) {
    Form nested(*subject, "subject");
    input.domain = nested.required_text("domain", {600});
    form.absorb(std::move(nested));
  }
  CHECK(form.finish());
  return input;
}

Result<DecideSubscription> parse_decision(const json::value& body) {
  Form form(body);
  DecideSubscription input;
  const auto decision = form.required_text("decision", {16});
  if (decision == "approve") {
    input.decision = Decision::Approve;
  } else if (decision != "reject" && !decision.empty()) {
    form.complain("decision", "must be approve or reject");
  }
  input.comment = form.optional_text("comment", {kMaxCommentBytes, Form::Blank::OnlyEmpty}).value_or("");
  if (const auto version = form.optional_integer("product_version", 1, INT32_MAX)) input.product_version = static_cast<int>(*version);
  if (const auto* object = form.optional_object("limits", Form::Null::None)) {
    Form nested(*object, "limits");
    Limits limits;
    limits.row_filter = nested.optional_text("row_filter", {kMaxRowFilterBytes, Form::Blank::Refused, Form::Null::None}).value_or("");
    limits.hidden_columns = nested.optional_text_list("hidden_columns", kMaxHiddenColumns);
    limits.ends_at = nested.optional_time("ends_at", Form::Null::None);
    form.absorb(std::move(nested));
    if (!limits.row_filter.empty() || !limits.hidden_columns.empty() || limits.ends_at) input.limits = std::move(limits);
  }
  CHECK(form.finish());
  return input;
}

Result<http::Response> list(Call& call, const SubscriptionPorts& ports) {
  SubscriptionFilter filter;
  if (auto product = call.parameter("product")) filter.product = ProductId(*product);
  if (auto state = call.parameter("state")) filter.state = TRY(parse_subscription_state(*state));
  const auto& who = call.who();
  if (!who.administrator() && !who.has(Role::Governance)) {
    filter.visible = SubscriptionFilter::Visible{who.id, who.has(Role::DomainOwner) ? who.owned_domains : std::vector<std::string>{}};
  }
  const auto page = TRY(call.page());
  auto subscriptions = TRY(ports.subscriptions.list(call.tx(), filter, page));
  return list_response(call, cut_page(std::move(subscriptions), page, [](const Subscription& last) { return last.id.text(); }),
                       [&](const Subscription& subscription) { return json::value(to_json(as_of(subscription, call.context.now))); });
}

Result<http::Response> end_by(Call& call, const SubscriptionPorts& ports, Ending ending) {
  const auto body = TRY(call.body(true));
  Form form(body);
  EndSubscription input{SubscriptionId(call.path("id")), ending, form.optional_text("reason", {kMaxCommentBytes}).value_or("")};
  CHECK(form.finish());
  auto subscription = TRY(end_subscription(call.tx(), call.context, ports, input));
  return object_response(200, to_json(subscription), subscription.version);
}

}  // namespace

std::vector<Route> subscription_routes(const SubscriptionPorts& ports) {
  using http::Method;
  constexpr Access kRequesters{Access::Kind::Roles, Role::DataUser | Role::DomainOwner};
  constexpr Access kRevokers{Access::Kind::Roles, Role::Governance | Role::DomainOwner};
  std::vector<Route> routes;
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/subscriptions",
                    .access = kAnyRole,
                    .query = {"product", "state", "limit", "cursor"},
                    .handle = [p = ports](Call& call) { return list(call, p); }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/subscriptions",
                    .access = kRequesters,
                    .tx = CallTx::Write,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto input = TRY(parse_request(TRY(call.body())));
                      auto subscription = TRY(request_subscription(call.tx(), call.context, p, input));
                      auto response = object_response(201, to_json(subscription), subscription.version);
                      response.set("Location", "/api/v1/subscriptions/" + subscription.id.text());
                      return response;
                    }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/subscriptions/{id}",
                    .access = kAnyRole,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      auto subscription = TRY(get_subscription(call.tx(), call.who(), p.subscriptions, SubscriptionId(call.path("id"))));
                      return object_response(200, to_json(as_of(subscription, call.context.now)), subscription.version);
                    }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/subscriptions/{id}/decision",
                    .access = kGovernance,
                    .tx = CallTx::Write,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      auto input = TRY(parse_decision(TRY(call.body())));
                      input.subscription = SubscriptionId(call.path("id"));
                      auto subscription = TRY(decide_subscription(call.tx(), call.context, p, input));
                      return object_response(200, to_json(subscription), subscription.version);
                    }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/subscriptions/{id}/withdraw",
                    .access = kRequesters,
                    .tx = CallTx::Write,
                    .handle = [p = ports](Call& call) { return end_by(call, p, Ending::Withdraw); }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/subscriptions/{id}/revoke",
                    .access = kRevokers,
                    .tx = CallTx::Write,
                    .handle = [p = ports](Call& call) { return end_by(call, p, Ending::Revoke); }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/subscriptions/{id}/return",
                    .access = kRequesters,
                    .tx = CallTx::Write,
                    .handle = [p = ports](Call& call) { return end_by(call, p, Ending::Return); }});
  return routes;
}

}  // namespace weft
