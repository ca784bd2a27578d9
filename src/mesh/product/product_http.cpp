#include "mesh/product/product_http.h"

#include "mesh/product/change_state.h"
#include "mesh/product/edit_product.h"
#include "mesh/product/publish_product.h"

namespace weft {

namespace {

json::array ports_json(const Product& product, const std::string& public_url) {
  json::array ports;
  for (const auto& port : product.published ? product.published->ports : product.draft.ports) {
    json::array columns;
    for (const auto& column : port.columns) {
      json::array tags;
      if (is_personal(column.personal)) tags.push_back("personal");
      columns.push_back(
          json::object{{"name", column.name}, {"type", column.type}, {"description", column.description}, {"tags", std::move(tags)}});
    }
    ports.push_back(json::object{{"name", port.name},
                                 {"title", port.title},
                                 {"description", port.description},
                                 {"sample", to_text(port.sample)},
                                 {"url", fmt::format("{}/data/v1/{}/{}/{}", public_url, product.domain_path, product.name, port.name)},
                                 {"columns", std::move(columns)}});
  }
  return ports;
}

json::array owners_json(const std::optional<Domain>& domain) {
  json::array owners;
  if (domain) {
    for (const auto& owner : domain->owners) owners.push_back(json::object{{"id", owner.id.text()}, {"name", owner.name}});
  }
  return owners;
}

// What everybody with a role sees: the published version. Whoever keeps the domain sees the working copy as well.
Result<json::object> product_json(Tx& tx, const Principal& who, const ProductPorts& ports, const Product& product,
                                  const std::string& public_url) {
  const bool keeper = who.keeps(product.domain_path);
  const auto& shown = product.published ? *product.published : product.draft;
  // Of what is done to the working copy others see nothing, not even when.
  const auto updated_at = keeper ? product.updated_at : product.published_at.value_or(product.created_at);
  const auto domain = TRY(ports.domains.find(tx, product.domain));
  const auto snapshot = TRY(ports.ingredients.products.current_snapshot(tx, product.id));
  json::object object{
      {"id", product.id.text()},
      {"domain", product.domain_path},
      {"name", product.name},
      {"state", to_text(product.state)},
      {"title", shown.title},
      {"description", shown.description},
      {"tags", json::array(shown.tags.begin(), shown.tags.end())},
      {"owners", owners_json(domain)},
      {"version", product.published_version},
      {"published_at", product.published_at ? json::value(to_rfc3339(*product.published_at)) : json::value(nullptr)},
      {"rate", to_json(shown.rate)},
      {"snapshot", nullptr},
      {"ports", ports_json(product, public_url)},
      {"created_at", to_rfc3339(product.created_at)},
      {"updated_at", to_rfc3339(updated_at)},
  };
  if (snapshot) {
    json::object rows;
    for (const auto& file : snapshot->files) rows[file.port] = file.rows;
    object["snapshot"] =
        json::object{{"number", snapshot->number}, {"created_at", to_rfc3339(snapshot->created_at)}, {"rows", std::move(rows)}};
  }
  if (keeper) object["draft"] = to_json(product.draft);
  return object;
}

// One by itself: whoever keeps the domain sees how it is refreshed, too.
Result<http::Response> show(Call& call, const ProductPorts& ports, const std::string& public_url) {
  const auto product = TRY(get_product(call.tx(), call.who(), ports.products, ProductId(call.path("id"))));
  auto object = TRY(product_json(call.tx(), call.who(), ports, product, public_url));
  if (!call.who().keeps(product.domain_path)) return content_response(200, object);
  object["refresh"] = to_json(TRY(ports.runs.refresh_state(call.tx(), product.id.text())));
  return object_response(200, object, product.version);
}

Result<http::Response> list(Call& call, const ProductPorts& ports, const std::string& public_url) {
  ProductFilter filter;
  filter.within = call.parameter("domain");
  if (auto state = call.parameter("state")) filter.state = TRY(parse_product_state(*state));
  if (!call.who().administrator())
    filter.kept_domains = call.who().has(Role::DomainOwner) ? call.who().owned_domains : std::vector<std::string>{};
  const auto request = TRY(call.page());
  auto page = cut_page(TRY(ports.products.list(call.tx(), filter, request)), request, [](const Product& last) { return last.id.text(); });
  Page<json::object> objects{{}, page.next};
  for (const auto& product : page.items) objects.items.push_back(TRY(product_json(call.tx(), call.who(), ports, product, public_url)));
  return list_response(call, objects, [](const json::object& object) { return json::value(object); });
}

Result<http::Response> create(Call& call, const ProductPorts& ports, const std::string& public_url) {
  const auto body = TRY(call.body());
  Form form(body);
  CreateProduct input;
  input.domain = form.required_text("domain", {600});
  input.name = form.required_text("name", {kMaxNameBytes});
  if (!input.name.empty() && !is_name(input.name)) form.complain("name", std::string(kNameRule));
  input.definition = read_product_definition(form);
  CHECK(form.finish());
  const auto product = TRY(create_product(call.tx(), call.context, ports, input));
  auto response = object_response(201, TRY(product_json(call.tx(), call.who(), ports, product, public_url)), product.version);
  response.set("Location", "/api/v1/products/" + product.id.text());
  return response;
}

Result<ChangeProduct> parse_change(const json::value& body) {
  Form form(body);
  ChangeProduct input;
  input.name = form.optional_text("name", {kMaxNameBytes});
  if (input.name && !is_name(*input.name)) form.complain("name", std::string(kNameRule));
  input.definition = read_product_definition(form);
  CHECK(form.finish());
  return input;
}

using Change = Result<Product> (*)(Tx&, const Context&, const ProductPorts&, Product);

Result<http::Response> change_by(Call& call, const ProductPorts& ports, const std::string& public_url, Change change) {
  CHECK(Form(TRY(call.body(true))).finish());
  auto product = TRY(get_own_product(call.tx(), call.who(), ports.products, ProductId(call.path("id"))));
  product = TRY(change(call.tx(), call.context, ports, std::move(product)));
  return object_response(200, TRY(product_json(call.tx(), call.who(), ports, product, public_url)), product.version);
}

}  // namespace

std::vector<Route> product_routes(const ProductPorts& ports, const PublicUrl& url) {
  using http::Method;
  std::vector<Route> routes;
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/products",
                    .access = kAnyRole,
                    .query = {"domain", "state", "limit", "cursor"},
                    .handle = [p = ports, url](Call& call) { return list(call, p, url()); }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/products",
                    .access = kOwners,
                    .tx = CallTx::Write,
                    .handle = [p = ports, url](Call& call) { return create(call, p, url()); }});
  routes.push_back({.method = Method::Get, .pattern = "/api/v1/products/{id}", .access = kAnyRole, .handle = [p = ports, url](Call& call) {
                      return show(call, p, url());
                    }});
  routes.push_back({.method = Method::Put,
                    .pattern = "/api/v1/products/{id}",
                    .access = kAnyRole,
                    .tx = CallTx::Write,
                    .handle = [p = ports, url](Call& call) -> Result<http::Response> {
                      auto product = TRY(get_own_product(call.tx(), call.who(), p.products, ProductId(call.path("id"))));
                      CHECK(call.require_match(product.version));
                      product = TRY(change_product(call.tx(), call.context, p, std::move(product), TRY(parse_change(TRY(call.body())))));
                      return object_response(200, TRY(product_json(call.tx(), call.who(), p, product, url())), product.version);
                    }});
  routes.push_back({.method = Method::Delete,
                    .pattern = "/api/v1/products/{id}",
                    .access = kAnyRole,
                    .tx = CallTx::Write,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto product = TRY(get_own_product(call.tx(), call.who(), p.products, ProductId(call.path("id"))));
                      CHECK(call.require_match(product.version));
                      CHECK(remove_draft(call.tx(), call.context, p, product));
                      return empty_response();
                    }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/products/{id}/publish",
                    .access = kAnyRole,
                    .tx = CallTx::None,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      CHECK(Form(TRY(call.body(true))).finish());
                      const auto run = TRY(publish_product(call.context, p, ProductId(call.path("id"))));
                      auto response = json_response(202, to_json(run));
                      response.set("Location", "/api/v1/runs/" + run.id.text());
                      return response;
                    },
                    .pool = http::Pool::Worker});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/products/{id}/deprecate",
                    .access = kAnyRole,
                    .tx = CallTx::Write,
                    .handle = [p = ports, url](Call& call) { return change_by(call, p, url(), deprecate_product); }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/products/{id}/reinstate",
                    .access = kAnyRole,
                    .tx = CallTx::Write,
                    .handle = [p = ports, url](Call& call) { return change_by(call, p, url(), reinstate_product); }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/products/{id}/retire",
                    .access = kAnyRole,
                    .tx = CallTx::Write,
                    .handle = [p = ports, url](Call& call) { return change_by(call, p, url(), retire_product); }});
  return routes;
}

}  // namespace weft
