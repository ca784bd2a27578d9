#include "mesh/datastore/datastore_http.h"

#include "mesh/datastore/register_data_store.h"

namespace weft {

namespace {

constexpr std::size_t kMaxSecretBytes = 4096;
constexpr std::size_t kMaxRights = 1000;

json::object to_json(const DataStore& store) {
  auto object = to_audit(store);
  object["id"] = store.id.text();
  object["keeper"] = json::object{{"id", store.keeper.id.text()}, {"name", store.keeper.name}};
  object["last_check"] = nullptr;
  if (store.last_check) {
    object["last_check"] =
        json::object{{"at", to_rfc3339(store.last_check->at)},
                     {"outcome", store.last_check->outcome == DataStore::LastCheck::Outcome::Reachable ? "reachable" : "failed"},
                     {"diagnosis", store.last_check->diagnosis}};
  }
  object["created_at"] = to_rfc3339(store.created_at);
  object["updated_at"] = to_rfc3339(store.updated_at);
  return object;
}

std::vector<DomainRight> read_rights(Form& form) {
  std::vector<DomainRight> rights;
  const auto* list = form.optional_array("rights", kMaxRights);
  if (list == nullptr) return rights;
  for (std::size_t i = 0; i < list->size(); ++i) {
    Form nested((*list)[i], fmt::format("rights[{}]", i));
    rights.push_back(
        {nested.required_text("domain", {600}), nested.optional_text("schema", {255, Form::Blank::Refused, Form::Null::None})});
    form.absorb(std::move(nested));
  }
  return rights;
}

// What is wrong with the coordinates is told together with the rest of the form.
std::optional<Coordinates> read_coordinates(Form& form, DataStoreType type, const json::value& value) {
  auto coordinates = parse_coordinates(type, value);
  if (coordinates) return std::move(*coordinates);
  for (const auto& complaint : coordinates.error().fields) form.complain(complaint.field, complaint.message);
  return std::nullopt;
}

Result<RegisterDataStore> parse_registration(const json::value& body) {
  Form form(body);
  RegisterDataStore input;
  input.name = form.required_text("name", {kMaxNameBytes});
  if (!input.name.empty() && !is_name(input.name)) form.complain("name", std::string(kNameRule));
  input.title = form.optional_text("title", {kMaxTitleBytes, Form::Blank::OnlyEmpty}).value_or("");
  input.description = form.optional_text("description", {kMaxDescriptionBytes, Form::Blank::OnlyEmpty}).value_or("");
  const auto type = parse_data_store_type(form.required_text("type", {16}));
  if (!type) form.complain("type", "must be folder, sqlite or postgres");
  const auto* coordinates = form.optional_object("coordinates");
  if (coordinates == nullptr) form.complain("coordinates", "is missing: say where the store is");
  input.secret = form.optional_text("secret", {kMaxSecretBytes});
  input.rights = read_rights(form);
  if (type && coordinates != nullptr) {
    input.type = *type;
    if (auto read = read_coordinates(form, *type, *coordinates)) input.coordinates = std::move(*read);
  }
  CHECK(form.finish());
  return input;
}

// The ETag tells the last check too, which is part of the answer but of nobody's edit: If-Match is about the version alone.
http::Response store_response(int status, const DataStore& store) {
  if (!store.last_check) return object_response(status, to_json(store), store.version);
  auto response = json_response(status, to_json(store));
  response.set("ETag", fmt::format("\"{}.{}\"", store.version, store.last_check->at.micros));
  return response;
}

Result<ChangeDataStore> parse_change(const json::value& body, DataStoreType type) {
  Form form(body);
  ChangeDataStore input;
  input.title = form.optional_text("title", {kMaxTitleBytes, Form::Blank::OnlyEmpty});
  input.description = form.optional_text("description", {kMaxDescriptionBytes, Form::Blank::OnlyEmpty});
  const auto* coordinates = form.optional_object("coordinates");
  input.secret = form.optional_text("secret", {kMaxSecretBytes});
  if (form.has("rights")) input.rights = read_rights(form);
  if (coordinates != nullptr) input.coordinates = read_coordinates(form, type, *coordinates);
  CHECK(form.finish());
  return input;
}

// Tries to reach the store and remembers what came of it; the answer is 200 either way, the diagnosis is the point.
Result<http::Response> check(Call& call, const DataStorePorts& ports) {
  CHECK(Form(TRY(call.body(true))).finish());
  const DataStoreId id(call.path("id"));
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  auto store = TRY(get_data_store(*reading, call.who(), ports.data_stores, id));
  const auto access = TRY(ports.data_stores.open_access(*reading, store));
  reading.reset();
  const auto reached = ports.source.check(access);
  // What concerns the store is the diagnosis; what concerns us (no worker is free, say) is not.
  if (!reached && !reached.error().id.starts_with("data_store.") &&
      (reached.error().kind == ErrorKind::Unavailable || reached.error().kind == ErrorKind::Internal))
    return fail(reached.error());

  CHECK(transact(ports.transactor, [&](Tx& tx) -> Result<void> {
    CHECK(get_data_store(tx, call.who(), ports.data_stores, id));  // it, or the right to know of it, may be gone
    store.last_check =
        DataStore::LastCheck{call.context.now, reached ? DataStore::LastCheck::Outcome::Reachable : DataStore::LastCheck::Outcome::Failed,
                             reached ? "" : in_full(reached.error())};
    return ports.data_stores.record_check(tx, store);
  }));
  return json_response(200, to_json(store).at("last_check"));
}

// Whether one of the caller's domains may use what the right is for: those below his are his, too.
bool is_his(const StoreRight& right, const Principal& who) {
  return who.owns(right.domain_path) ||
         std::ranges::any_of(who.owned_domains, [&](const auto& domain) { return is_within(domain, right.domain_path); });
}

// The schemas that the caller's domains may use; empty: all of the store.
std::vector<std::string> schemas_for(const DataStore& store, const Principal& who) {
  std::vector<std::string> schemas;
  for (const auto& right : store.rights) {
    if (!is_his(right, who)) continue;
    if (!right.schema) return {};
    schemas.push_back(*right.schema);
  }
  return schemas;
}

Result<http::Response> browse(Call& call, const DataStorePorts& ports) {
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  const auto store = TRY(get_data_store(*reading, call.who(), ports.data_stores, DataStoreId(call.path("id"))));
  const auto access = TRY(ports.data_stores.open_access(*reading, store));
  reading.reset();
  const bool keeper = call.who().administrator() || store.keeper.id == call.who().id;
  auto usable = [&](const std::string& schema) {
    return keeper || std::ranges::any_of(store.rights, [&](const StoreRight& right) {
             return is_his(right, call.who()) && (!right.schema || *right.schema == schema);
           });
  };
  const auto request = TRY(call.page());
  auto tables = TRY(ports.source.tables(access, keeper ? std::vector<std::string>() : schemas_for(store, call.who())));
  auto key = [](const SourceTable& table) { return table.schema + "\x1f" + table.name; };
  std::vector<SourceTable> shown;
  for (auto& table : tables) {
    if (usable(table.schema) && (!request.after || key(table) > *request.after)) shown.push_back(std::move(table));
  }
  std::ranges::sort(shown, {}, key);
  return list_response(call, cut_page(std::move(shown), request, key), [](const SourceTable& table) -> json::value {
    return json::object{{"schema", table.schema},
                        {"name", table.name},
                        {"row_estimate", table.row_estimate ? json::value(*table.row_estimate) : json::value(nullptr)},
                        {"comment", table.comment}};
  });
}

}  // namespace

std::vector<Route> data_store_routes(const DataStorePorts& ports) {
  using http::Method;
  std::vector<Route> routes;
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/data-stores",
                    .access = kOwners,
                    .query = {"limit", "cursor"},
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      DataStoreFilter filter;
                      if (!call.who().administrator()) filter.visible = DataStoreFilter::Visible{call.who().id, call.who().owned_domains};
                      const auto page = TRY(call.page());
                      return list_response(call,
                                           cut_page(TRY(p.data_stores.list(call.tx(), filter, page)), page,
                                                    [](const DataStore& last) { return last.id.text(); }),
                                           [](const DataStore& store) { return json::value(to_json(store)); });
                    }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/data-stores",
                    .access = kOwners,
                    .tx = CallTx::Write,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto store = TRY(register_data_store(call.tx(), call.context, p, TRY(parse_registration(TRY(call.body())))));
                      auto response = store_response(201, store);
                      response.set("Location", "/api/v1/data-stores/" + store.id.text());
                      return response;
                    }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/data-stores/{id}",
                    .access = kOwners,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto store = TRY(get_data_store(call.tx(), call.who(), p.data_stores, DataStoreId(call.path("id"))));
                      return store_response(200, store);
                    }});
  routes.push_back({.method = Method::Patch,
                    .pattern = "/api/v1/data-stores/{id}",
                    .access = kOwners,
                    .tx = CallTx::Write,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      auto store = TRY(get_own_data_store(call.tx(), call.who(), p.data_stores, DataStoreId(call.path("id"))));
                      CHECK(call.require_match(store.version));
                      const auto input = TRY(parse_change(TRY(call.body()), store.type));
                      store = TRY(change_data_store(call.tx(), call.context, p, std::move(store), input));
                      return store_response(200, store);
                    }});
  routes.push_back({.method = Method::Delete,
                    .pattern = "/api/v1/data-stores/{id}",
                    .access = kOwners,
                    .tx = CallTx::Write,
                    .handle = [p = ports](Call& call) -> Result<http::Response> {
                      const auto store = TRY(get_own_data_store(call.tx(), call.who(), p.data_stores, DataStoreId(call.path("id"))));
                      CHECK(call.require_match(store.version));
                      CHECK(remove_data_store(call.tx(), call.context, p, store));
                      return empty_response();
                    }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/data-stores/{id}/check",
                    .access = kOwners,
                    .tx = CallTx::None,
                    .handle = [p = ports](Call& call) { return check(call, p); },
                    .pool = http::Pool::Worker});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/data-stores/{id}/tables",
                    .access = kOwners,
                    .tx = CallTx::None,
                    .query = {"limit", "cursor"},
                    .handle = [p = ports](Call& call) { return browse(call, p); },
                    .pool = http::Pool::Worker});
  hide_from_others(routes, "/api/v1/data-stores/{id}", data_store_not_found());
  return routes;
}

}  // namespace weft
