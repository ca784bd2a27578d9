#include "mesh/domain/domain_http.h"

#include "mesh/domain/archive_domain.h"
#include "mesh/domain/change_domain.h"
#include "mesh/domain/create_domain.h"
#include "mesh/domain/move_domain.h"

namespace weft {

namespace {

constexpr Form::TextLimits kParent{kMaxDomainDepth * (kMaxNameBytes + 1), Form::Blank::Refused, Form::Null::None};
constexpr Form::TextLimits kTitle{kMaxTitleBytes, Form::Blank::OnlyEmpty};
constexpr Form::TextLimits kDescription{kMaxDescriptionBytes, Form::Blank::OnlyEmpty};
constexpr Form::TextLimits kTag{kMaxTagBytes};
constexpr Form::TextLimits kOwner{kMaxUserNameBytes};

CreateDomain read_create(const json::value& body) {
  Form form(body);
  CreateDomain input;
  input.name = form.required_text("name", {kMaxNameBytes});
  input.parent = form.optional_text("parent", kParent);
  input.title = form.optional_text("title", kTitle).value_or("");
  input.description = form.optional_text("description", kDescription).value_or("");
  input.tags = form.optional_text_list("tags", kMaxTags, kTag);
  input.owners = form.optional_text_list("owners", kMaxOwners, kOwner);
  input.complaints = form.complaints();
  return input;
}

ChangeDomain read_change(const json::value& body) {
  Form form(body);
  ChangeDomain input;
  input.title = form.optional_text("title", kTitle);
  input.description = form.optional_text("description", kDescription);
  auto tags = form.optional_text_list("tags", kMaxTags, kTag);
  if (form.has("tags")) input.tags = std::move(tags);
  auto owners = form.optional_text_list("owners", kMaxOwners, kOwner);
  if (form.has("owners")) input.owners = std::move(owners);
  input.complaints = form.complaints();
  return input;
}

MoveDomain read_move(const json::value& body) {
  Form form(body);
  MoveDomain input;
  auto parent = form.optional_text("parent", kParent);
  if (form.has("parent")) input.parent = parent.value_or("");  // null: to the root
  input.name = form.optional_text("name", {kMaxNameBytes});
  input.complaints = form.complaints();
  return input;
}

http::Response answer(const Domain& domain) { return object_response(200, to_json(domain), domain.version); }

Result<http::Response> list(Call& call, const DomainPorts& ports) {
  DomainFilter filter;
  const auto page = TRY(call.page());
  if (auto state = call.parameter("state")) filter.state = TRY(parse_domain_state(*state));
  if (auto path = call.parameter("domain")) {
    const auto root = TRY(ports.domains.find_by_path(call.tx(), *path));
    filter.within = root ? root->path : *path;  // an old path stands for the present one
  }
  auto domains = TRY(ports.domains.list(call.tx(), filter, page));
  return list_response(call, cut_page(std::move(domains), page, [](const Domain& last) { return last.path; }),
                       [](const Domain& domain) { return json::value(to_json(domain)); });
}

Result<http::Response> create(Call& call, const DomainPorts& ports) {
  const auto input = read_create(TRY(call.body()));
  const auto domain = TRY(create_domain(call.tx(), call.context, ports, input));
  auto response = object_response(201, to_json(domain), domain.version);
  response.set("Location", "/api/v1/domains/" + domain.path);
  return response;
}

Result<http::Response> change(Call& call, const DomainPorts& ports) {
  auto input = read_change(TRY(call.body()));
  const auto domain = TRY(get_domain(call.tx(), ports.domains, call.path("domain")));
  CHECK(call.require_match(domain.version));
  input.domain = domain.id;
  return answer(TRY(change_domain(call.tx(), call.context, ports, input)));
}

}  // namespace

std::vector<Route> domain_routes(const DomainPorts& ports) {
  using http::Method;
  std::vector<Route> routes;
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/domains",
                    .access = kAnyRole,
                    .query = {"domain", "state", "limit", "cursor"},
                    .handle = [ports](Call& call) { return list(call, ports); }});
  routes.push_back(
      {.method = Method::Post, .pattern = "/api/v1/domains", .access = kAdministrators, .tx = CallTx::Write, .handle = [ports](Call& call) {
         return create(call, ports);
       }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/domains/{domain}",
                    .access = kAnyRole,
                    .handle = [ports](Call& call) -> Result<http::Response> {
                      return answer(TRY(get_domain(call.tx(), ports.domains, call.path("domain"))));
                    }});
  routes.push_back({.method = Method::Patch,
                    .pattern = "/api/v1/domains/{domain}",
                    .access = kOwners,
                    .tx = CallTx::Write,
                    .handle = [ports](Call& call) { return change(call, ports); }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/domains/{domain}/move",
                    .access = kAdministrators,
                    .tx = CallTx::Write,
                    .handle = [ports](Call& call) -> Result<http::Response> {
                      auto input = read_move(TRY(call.body()));
                      input.domain = call.path("domain");
                      return answer(TRY(move_domain(call.tx(), call.context, ports, input)));
                    }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/domains/{domain}/archive",
                    .access = kAdministrators,
                    .tx = CallTx::Write,
                    .handle = [ports](Call& call) -> Result<http::Response> {
                      const auto body = TRY(call.body(true));
                      CHECK(Form(body).finish());
                      return answer(TRY(archive_domain(call.tx(), call.context, ports, {call.path("domain")})));
                    }});
  return routes;
}

}  // namespace weft
