#include "mesh/usage/usage_http.h"

namespace weft {

namespace {

json::object to_json(const UsageSum& sum, std::string_view key) {
  json::object object{{std::string(key), sum.key}};
  if (sum.name != sum.key) object["name"] = sum.name;
  object["hits"] = sum.hits;
  object["rows"] = sum.rows;
  object["bytes"] = sum.bytes;
  return object;
}

// The domains whose subtrees a caller may have summed; nullopt: all.
using Roots = std::optional<std::vector<std::string>>;

bool is_below_any(std::string_view path, const Roots& roots) {
  return !roots || std::ranges::any_of(*roots, [&](const std::string& root) { return is_within(path, root); });
}

// Adds each domain's sums to those above it, so that `sales` holds what `sales.emea` has. A domain of which only a part was
// summed is left out: it is above what was asked for, or above what the caller may see.
std::vector<UsageSum> roll_up(const std::vector<UsageSum>& sums, const Roots& asked, const Roots& visible) {
  std::map<std::string, UsageSum> totals;
  for (const auto& sum : sums) {
    for (const auto& path : self_and_ancestors(sum.key)) {
      if (!is_below_any(path, asked) || !is_below_any(path, visible)) continue;
      auto& total = totals[path];
      total.key = total.name = path;
      total.hits += sum.hits;
      total.rows += sum.rows;
      total.bytes += sum.bytes;
    }
  }
  std::vector<UsageSum> result;
  for (auto& [path, total] : totals) result.push_back(std::move(total));
  return result;
}

Result<UsageFilter> filter_of(Call& call, UsageBy by) {
  UsageFilter filter;
  filter.by = by;
  filter.from = TRY(call.time_parameter("from"));
  filter.to = TRY(call.time_parameter("to"));
  filter.within = call.parameter("domain");
  filter.product = call.parameter("product");
  // Administrators and governance see all; owners what is theirs.
  if (!call.who().administrator() && !call.who().has(Role::Governance)) filter.visible_domains = call.who().owned_domains;
  return filter;
}

Result<http::Response> answer(Call& call, const UsagePorts& ports, UsageBy by, std::string_view key) {
  const auto filter = TRY(filter_of(call, by));
  auto page_request = TRY(call.page());
  const auto rollup = call.parameter("rollup").value_or("false");
  if (rollup != "true" && rollup != "false") return fail(ErrorKind::Invalid, "query.invalid", "rollup must be true or false.");
  const auto as_of = call.context.now;
  CHECK(fold_hits(ports));
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  Page<UsageSum> page;
  auto last_key = [](const UsageSum& last) { return last.key; };
  if (rollup == "true") {
    // Subtrees can't be summed page by page: all domains with hits first, then the page.
    std::vector<UsageSum> all;
    for (PageRequest every{kMaxPageSize, std::nullopt};;) {
      auto part = cut_page(TRY(ports.usage.sums(*tx, filter, every)), every, last_key);
      all.insert(all.end(), part.items.begin(), part.items.end());
      if (!part.next) break;
      every.after = part.next;
    }
    Roots asked;
    if (filter.within) {
      const auto domain = TRY(ports.domains.find_by_path(*tx, *filter.within));
      asked.emplace();
      if (domain) asked->push_back(domain->path);
    }
    auto totals = roll_up(all, asked, filter.visible_domains);
    if (page_request.after) std::erase_if(totals, [&](const UsageSum& sum) { return sum.key <= *page_request.after; });
    page = cut_page(std::move(totals), page_request, last_key);
  } else {
    page = cut_page(TRY(ports.usage.sums(*tx, filter, page_request)), page_request, last_key);
  }
  json::array items;
  for (const auto& sum : page.items) items.push_back(to_json(sum, key));
  const auto exact_from = TRY(ports.usage.exact_from(*tx));
  return json_response(200,
                       json::object{{"items", std::move(items)},
                                    {"as_of", to_rfc3339(as_of)},
                                    {"exact_from", exact_from == Timestamp{} ? json::value(nullptr) : json::value(to_rfc3339(exact_from))},
                                    {"next", call.next(page.next)}});
}

}  // namespace

std::vector<Route> usage_routes(const UsagePorts& ports) {
  using http::Method;
  constexpr Access kReaders{Access::Kind::Roles, Role::DomainAdministrator | Role::DomainOwner | Role::Governance};
  std::vector<Route> routes;
  auto add = [&](std::string pattern, UsageBy by, std::string_view key, std::vector<std::string_view> query) {
    routes.push_back({.method = Method::Get,
                      .pattern = std::move(pattern),
                      .access = kReaders,
                      .tx = CallTx::None,
                      .query = std::move(query),
                      .handle = [&ports, by, key](Call& call) { return answer(call, ports, by, key); }});
  };
  add("/api/v1/usage/domains", UsageBy::Domain, "domain", {"from", "to", "domain", "rollup", "limit", "cursor"});
  add("/api/v1/usage/products", UsageBy::Product, "product", {"from", "to", "domain", "product", "limit", "cursor"});
  add("/api/v1/usage/readers", UsageBy::Reader, "reader", {"from", "to", "domain", "product", "limit", "cursor"});
  add("/api/v1/usage/hours", UsageBy::Hour, "hour", {"from", "to", "domain", "product", "limit", "cursor"});
  add("/api/v1/usage/days", UsageBy::Day, "day", {"from", "to", "domain", "product", "limit", "cursor"});
  return routes;
}

}  // namespace weft
