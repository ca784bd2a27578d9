#include "mesh/catalog/catalog_http.h"

#include <charconv>

namespace weft {

namespace {

Result<int> offset_of(const PageRequest& page) {
  int offset = 0;
  if (!page.after) return offset;
  const auto& text = *page.after;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (code == std::errc() && end == text.data() + text.size() && offset >= 0) return offset;
  return fail(ErrorKind::Invalid, "query.cursor", "The cursor is not one that a search gave out.",
              "Take it unchanged from the field 'next'.");
}

// A domain that was moved goes by its old path, too.
Result<std::optional<std::string>> wanted_domain(const Call& call, const CatalogPorts& ports) {
  auto path = call.parameter("domain");
  if (!path) return std::nullopt;
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  if (const auto domain = TRY(ports.domains.find_by_path(*tx, *path))) return domain->path;
  return path;
}

Result<http::Response> search(Call& call, CatalogFollower& follower, const CatalogPorts& ports) {
  CatalogSearch wanted;
  wanted.text = call.parameter("q").value_or("");
  wanted.domain = TRY(wanted_domain(call, ports));
  wanted.tag = call.parameter("tag");
  if (auto type = call.parameter("type")) wanted.type = TRY(parse_catalog_type(*type));
  if (auto state = call.parameter("state")) wanted.state = TRY(parse_catalog_state(*state));
  const auto page = TRY(call.page());
  wanted.limit = page.limit;
  wanted.offset = TRY(offset_of(page));
  CHECK(follower.follow());
  const auto found = TRY(ports.index.search(wanted, call.who()));
  json::array items(found.items.begin(), found.items.end());
  json::object facets;
  for (const auto& [facet, counts] : found.facets) {
    json::array list;
    for (const auto& count : counts) list.push_back(json::object{{"value", count.value}, {"count", count.count}});
    facets[facet] = std::move(list);
  }
  const auto end = wanted.offset + static_cast<int>(found.items.size());
  json::object body{{"items", std::move(items)}, {"total", found.total}, {"facets", std::move(facets)}, {"next", nullptr}};
  if (end < found.total && !found.items.empty()) body["next"] = call.next(std::to_string(end));
  if (!found.corrected.empty()) body["corrected"] = found.corrected;
  return json_response(200, body);
}

}  // namespace

std::vector<Route> catalog_routes(CatalogFollower& follower, const CatalogPorts& ports) {
  std::vector<Route> routes;
  routes.push_back({.method = http::Method::Get,
                    .pattern = "/api/v1/search",
                    .access = kAnyRole,
                    .tx = CallTx::None,
                    .query = {"q", "domain", "tag", "type", "state", "limit", "cursor"},
                    .handle = [&follower, &ports](Call& call) { return search(call, follower, ports); }});
  return routes;
}

}  // namespace weft
