#include "mesh/element/element_http.h"

#include "mesh/delivery/read_sample.h"
#include "mesh/element/change_element.h"
#include "mesh/element/define_view.h"
#include "mesh/element/map_table.h"
#include "mesh/element/open_table.h"
#include "mesh/element/reread_table.h"
#include "mesh/subscription/check_source_rights.h"

namespace weft {

namespace {

constexpr std::size_t kMaxSqlBytes = 64 * 1024;

json::object to_json(const Element& element) {
  json::object object{{"id", element.id.text()},
                      {"domain", element.domain_path},
                      {"name", element.name},
                      {"title", element.title},
                      {"description", element.description},
                      {"category", to_text(element.category)},
                      {"columns", to_json(element.columns)},
                      {"row_estimate", element.row_estimate ? json::value(*element.row_estimate) : json::value(nullptr)},
                      {"mapping", nullptr},
                      {"view", nullptr},
                      {"created_at", to_rfc3339(element.created_at)},
                      {"updated_at", to_rfc3339(element.updated_at)}};
  if (element.mapping) {
    object["mapping"] = json::object{{"store", json::object{{"id", element.mapping->store.text()}, {"name", element.mapping->store_name}}},
                                     {"schema", element.mapping->schema},
                                     {"table", element.mapping->table}};
  }
  if (element.view)
    object["view"] = json::object{
        {"sql", element.view->sql}, {"ingredients", to_json(element.view->ingredients)}, {"rate", to_json(element.view->rate)}};
  return object;
}

http::Response created(const Element& element) {
  auto response = object_response(201, to_json(element), element.version);
  response.set("Location", "/api/v1/elements/" + element.id.text());
  return response;
}

View read_view(Form& form) {
  View view;
  view.sql = form.required_text("sql", {kMaxSqlBytes});
  view.ingredients = read_ingredients(form, "ingredients");
  view.rate = read_rate(form, "rate");
  return view;
}

// A mapping (`store`, `schema`, `table`) or a view (`sql`, `ingredients`, `rate`): the fields tell.
Result<http::Response> create(Call& call, const ElementPorts& ports, const std::function<void()>& wake_runs) {
  const auto body = TRY(call.body());
  Form form(body);
  const auto domain = form.required_text("domain", {600});
  const auto title = form.optional_text("title", {kMaxTitleBytes, Form::Blank::OnlyEmpty}).value_or("");
  const auto description = form.optional_text("description", {kMaxDescriptionBytes, Form::Blank::OnlyEmpty}).value_or("");
  auto check_name = [&form](const std::string& name) {
    if (!name.empty() && !is_name(name)) form.complain("name", std::string(kNameRule));
  };
  if (form.has("sql")) {
    DefineView input{domain, form.required_text("name", {kMaxNameBytes}), title, description, read_view(form)};
    check_name(input.name);
    CHECK(form.finish());
    const auto element = TRY(again_while_busy([&] { return define_view(call.context, ports, input); }));
    wake_runs();
    return created(element);
  }
  MapTable input;
  input.domain = domain;
  input.store = DataStoreId(form.required_text("store", {64}));
  input.schema = form.optional_text("schema", {255}).value_or("");
  input.table = form.required_text("table", {1024});
  input.name = form.optional_text("name", {kMaxNameBytes}).value_or("");
  check_name(input.name);
  input.title = title;
  input.description = description;
  CHECK(form.finish());
  return created(TRY(again_while_busy([&] { return map_table(call.context, ports, input); })));
}

Result<ChangeElement> parse_change(const json::value& body) {
  Form form(body);
  ChangeElement input;
  input.name = form.optional_text("name", {kMaxNameBytes});
  if (input.name && !is_name(*input.name)) form.complain("name", std::string(kNameRule));
  input.title = form.optional_text("title", {kMaxTitleBytes, Form::Blank::OnlyEmpty});
  input.description = form.optional_text("description", {kMaxDescriptionBytes, Form::Blank::OnlyEmpty});
  if (const auto* columns = form.optional_array("columns", 10'000)) {
    for (std::size_t i = 0; i < columns->size(); ++i) {
      Form nested((*columns)[i], fmt::format("columns[{}]", i));
      ChangeColumn change;
      change.name = nested.required_text("name", {4096});
      if (std::ranges::find(input.columns, change.name, &ChangeColumn::name) != input.columns.end())
        nested.complain("name", "is there twice");
      change.description = nested.optional_text("description", {kMaxDescriptionBytes, Form::Blank::OnlyEmpty});
      if (auto text = nested.optional_text("personal", {16})) {
        change.personal = parse_personal(*text);
        if (change.personal != Personal::Confirmed && change.personal != Personal::Cleared)
          nested.complain("personal", "must be confirmed or cleared");
      }
      form.absorb(std::move(nested));
      input.columns.push_back(std::move(change));
    }
  }
  CHECK(form.finish());
  return input;
}

std::vector<std::string> personal_columns(const Element& element) {
  std::vector<std::string> names;
  for (const auto& column : element.columns) {
    if (is_personal(column.personal)) names.push_back(column.name);
  }
  return names;
}

// Those of which everybody who may look at the element sees values.
std::vector<std::string> other_columns(const Element& element) {
  std::vector<std::string> names;
  for (const auto& column : element.columns) {
    if (!is_personal(column.personal)) names.push_back(column.name);
  }
  return names;
}

// No transaction stays open.
Result<OpenTable> open_mapped(Call& call, const ElementPorts& ports) {
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  return open_table(*tx, call.who(), ports, ElementId(call.path("id")));
}

Error no_data(const Element& element) {
  return make_error(ErrorKind::Conflict, "element.no_data", fmt::format("{} has no data of its columns yet.", element.name))
      .with_hint("Refresh it first: POST /api/v1/elements/{id}/refresh.");
}

struct MaterialisedView {
  Element element;
  ElementSnapshot snapshot;
};

// A view's own data, as it may be looked at now; nullopt: the element is a table of a store. No transaction stays open.
Result<std::optional<MaterialisedView>> find_view(Call& call, const ElementPorts& ports) {
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  auto element = TRY(get_element(*tx, call.who(), ports.elements, ElementId(call.path("id"))));
  if (element.mapping) return std::nullopt;
  auto snapshot = TRY(ports.elements.current_snapshot(*tx, element.id));
  if (!snapshot || is_outdated(element, *snapshot)) return fail(no_data(element));
  CHECK(check_source_rights(*tx, ports.ingredients.products, ports.ingredients.subscriptions, snapshot->rights, call.context.now));
  return MaterialisedView{std::move(element), std::move(*snapshot)};
}

// Of what the last refresh made; where the view has got columns since, there is none before the next one.
Result<http::Response> sample_of_view(const MaterialisedView& view, const ElementPorts& ports) {
  ReadSchema schema;
  for (const auto& column : view.element.columns) schema.push_back({column.name, column.type});
  const GrantLimits limits{"", personal_columns(view.element)};
  const auto rows = read_sample(ports.reader, ports.data / view.snapshot.file, schema, limits);
  if (!rows && rows.error().id == "query.binder") return fail(no_data(view.element));
  if (!rows) return fail(rows.error());
  const json::array withheld(limits.hidden_columns.begin(), limits.hidden_columns.end());
  return http::text_response(200, "application/json", fmt::format(R"({{"rows":{},"withheld":{}}})", *rows, json::serialize(withheld)));
}

Result<http::Response> sample(Call& call, const ElementPorts& ports) {
  const auto inside = ports.readers.enter();
  if (const auto view = TRY(find_view(call, ports))) return sample_of_view(*view, ports);
  const auto table = TRY(open_mapped(call, ports));
  const auto withheld = personal_columns(table.element);
  const auto sample = TRY(ports.source.sample(table.access, table.element.mapping->schema, table.element.mapping->table,
                                              other_columns(table.element), kSampleRows));
  json::array rows;
  for (const auto& row : sample.rows) {
    json::object object;
    for (std::size_t i = 0; i < row.size() && i < sample.columns.size(); ++i) object[sample.columns[i]] = row[i];
    rows.push_back(std::move(object));
  }
  return json_response(200, json::object{{"rows", std::move(rows)}, {"withheld", json::array(withheld.begin(), withheld.end())}});
}

// A view's statistics come from its own data, in a transform worker; like a table's they are not kept.
Result<json::object> profile_of_view(const MaterialisedView& view, const ElementPorts& ports) {
  const auto withheld = personal_columns(view.element);
  auto object = to_json(TRY(ports.profiler.profile(ports.data / view.snapshot.file, other_columns(view.element), Cancel{})));
  object["withheld"] = json::array(withheld.begin(), withheld.end());
  return object;
}

Result<http::Response> profile(Call& call, const ElementPorts& ports) {
  const auto inside = ports.readers.enter();
  if (const auto view = TRY(find_view(call, ports))) return json_response(200, TRY(profile_of_view(*view, ports)));
  const auto table = TRY(open_mapped(call, ports));
  const auto withheld = personal_columns(table.element);
  const auto profile =
      TRY(ports.source.profile(table.access, table.element.mapping->schema, table.element.mapping->table, other_columns(table.element)));
  json::array columns;
  for (const auto& column : profile.columns) {
    columns.push_back(json::object{{"name", column.name},
                                   {"distinct", column.distinct ? json::value(*column.distinct) : json::value(nullptr)},
                                   {"null_share", column.null_share ? json::value(*column.null_share) : json::value(nullptr)},
                                   {"minimum", column.minimum},
                                   {"maximum", column.maximum}});
  }
  return json_response(
      200,
      json::object{{"rows", profile.rows}, {"columns", std::move(columns)}, {"withheld", json::array(withheld.begin(), withheld.end())}});
}

}  // namespace

std::vector<Route> element_routes(const ElementPorts& ports, RunSignals runs) {
  using http::Method;
  std::vector<Route> routes;
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/elements",
                    .access = kOwners,
                    .query = {"domain", "category", "store", "limit", "cursor"},
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      ElementFilter filter;
                      filter.within = call.parameter("domain");
                      if (auto category = call.parameter("category")) filter.category = TRY(parse_category(*category));
                      if (auto store = call.parameter("store")) filter.store = DataStoreId(*store);
                      if (!call.who().administrator()) filter.visible_domains = call.who().owned_domains;
                      const auto page = TRY(call.page());
                      return list_response(
                          call,
                          cut_page(TRY(p.elements.list(call.tx(), filter, page)), page, [](const Element& last) { return last.id.text(); }),
                          [](const Element& element) { return json::value(to_json(element)); });
                    }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/elements",
                    .access = kOwners,
                    .tx = CallTx::None,
                    .handle = [p = ports, wake = std::move(runs.wake)](Call& call) { return create(call, p, wake); },
                    .pool = http::Pool::Worker});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/elements/{id}",
                    .access = kOwners,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto element = TRY(get_element(call.tx(), call.who(), p.elements, ElementId(call.path("id"))));
                      auto object = to_json(element);
                      if (element.view) object["refresh"] = to_json(TRY(p.runs.refresh_state(call.tx(), element.id.text())));
                      return object_response(200, object, element.version);
                    }});
  routes.push_back({.method = Method::Patch,
                    .pattern = "/api/v1/elements/{id}",
                    .access = kOwners,
                    .tx = CallTx::Write,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      auto element = TRY(get_element(call.tx(), call.who(), p.elements, ElementId(call.path("id"))));
                      CHECK(call.require_match(element.version));
                      element = TRY(change_element(call.tx(), call.context, p, std::move(element), TRY(parse_change(TRY(call.body())))));
                      return object_response(200, to_json(element), element.version);
                    }});
  routes.push_back({.method = Method::Put,
                    .pattern = "/api/v1/elements/{id}/view",
                    .access = kOwners,
                    .tx = CallTx::None,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto body = TRY(call.body());
                      Form form(body);
                      const auto view = read_view(form);
                      CHECK(form.finish());
                      auto tx = TRY(p.transactor.begin(TxMode::Read));
                      const auto seen = TRY(get_element(*tx, call.who(), p.elements, ElementId(call.path("id"))));
                      tx.reset();
                      CHECK(call.require_match(seen.version));
                      const auto element =
                          TRY(again_while_busy([&] { return redefine_view(call.context, p, seen.id, seen.version, view); }));
                      return object_response(200, to_json(element), element.version);
                    },
                    .pool = http::Pool::Worker});
  routes.push_back({.method = Method::Delete,
                    .pattern = "/api/v1/elements/{id}",
                    .access = kOwners,
                    .tx = CallTx::None,
                    .handle = [p = ports, stop = std::move(runs.cancel)](Call& call) -> Result<http::Response> {
                      const ElementId id(call.path("id"));
                      const auto cancelled = TRY(transact(p.transactor, [&](Tx& tx) -> Result<std::optional<RunId>> {
                        const auto element = TRY(get_element(tx, call.who(), p.elements, id));
                        CHECK(call.require_match(element.version));
                        return remove_element(tx, call.context, p, element);
                      }));
                      if (cancelled) stop(*cancelled);
                      remove_files(p, id);
                      return empty_response();
                    }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/elements/{id}/sample",
                    .access = kOwners,
                    .tx = CallTx::None,
                    .handle = [p = ports](Call& call) { return sample(call, p); },
                    .pool = http::Pool::Worker});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/elements/{id}/profile",
                    .access = kOwners,
                    .tx = CallTx::None,
                    .handle = [p = ports](Call& call) { return profile(call, p); },
                    .pool = http::Pool::Worker});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/elements/{id}/reread",
                    .access = kOwners,
                    .tx = CallTx::None,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      CHECK(Form(TRY(call.body(true))).finish());
                      const ElementId id(call.path("id"));
                      const auto element = TRY(again_while_busy([&] { return reread_table(call.context, p, id); }));
                      return object_response(200, to_json(element), element.version);
                    },
                    .pool = http::Pool::Worker});
  hide_from_others(routes, "/api/v1/elements/{id}", element_not_found());
  return routes;
}

}  // namespace weft
