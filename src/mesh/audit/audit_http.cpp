#include "mesh/audit/audit_http.h"

namespace weft {

namespace {

constexpr Access kAuditors{Access::Kind::Roles, Role::DomainAdministrator | Role::Governance | Roles(Role::DomainOwner)};

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

json::value to_json(const AuditEntry& entry) {
  return json::object{{"id", entry.id.text()},
                      {"at", to_rfc3339(entry.at)},
                      {"actor", json::object{{"id", text_or_null(entry.actor.text())}, {"name", entry.actor_name}}},
                      {"action", entry.action},
                      {"object", json::object{{"type", entry.object_type}, {"id", entry.object_id}}},
                      {"domain", text_or_null(entry.domain)},
                      {"before", parse_audited(entry.before)},
                      {"after", parse_audited(entry.after)},
                      {"request_id", entry.request_id}};
}

// Administrators see everything; owners, what happened in their domains; governance besides that what it answers for.
Result<http::Response> list(Call& call, const AuditPorts& ports) {
  const auto page = TRY(call.page());
  AuditFilter filter;
  filter.object = call.parameter("object");
  filter.actor = call.parameter("actor");
  filter.from = TRY(call.time_parameter("from"));
  filter.to = TRY(call.time_parameter("to"));
  if (auto path = call.parameter("domain")) {
    const auto domain = TRY(ports.domains.find_by_path(call.tx(), *path));
    filter.domain = domain ? domain->path : *path;
  }
  const auto& who = call.who();
  if (!who.administrator()) {
    filter.visible_domains = who.has(Role::DomainOwner) ? who.owned_domains : std::vector<std::string>{};
    if (who.has(Role::Governance)) filter.beyond = AuditScope::Governed;
  }
  auto entries = TRY(ports.audit.list(call.tx(), filter, page));
  return list_response(call, cut_page(std::move(entries), page, [](const AuditEntry& last) { return fmt::to_string(last.sequence); }),
                       [](const AuditEntry& entry) { return to_json(entry); });
}

}  // namespace

std::vector<Route> audit_routes(const AuditPorts& ports) {
  std::vector<Route> routes;
  routes.push_back({.method = http::Method::Get,
                    .pattern = "/api/v1/audit",
                    .access = kAuditors,
                    .query = {"domain", "object", "actor", "from", "to", "limit", "cursor"},
                    .handle = [ports](Call& call) { return list(call, ports); }});
  return routes;
}

}  // namespace weft
