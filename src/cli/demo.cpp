// `weft demo`: a whole mesh on real data (nycflights13), made through the public API and nothing else. An interrupted one
// goes on where it stopped: each step first looks whether its work is done.
#include <cstdio>
#include <fstream>
#include <set>
#include <thread>

#include "cli/command.h"
#include "cli/demo_client.h"
#include "cli/demo_story.h"
#include "cli/running_server.h"
#include "platform/crypto/crypto.h"
#include "platform/file/atomic_file.h"
#include "platform/log/log.h"

namespace weft {

namespace {

namespace fs = std::filesystem;

constexpr auto kRunPause = std::chrono::milliseconds(50);
constexpr auto kRunLimit = std::chrono::minutes(10);

std::string text_at(const json::value& value, std::string_view key) {
  const auto* found = value.as_object().if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string{};
}

// By value: a list that a loop walks must outlive the answer that it came in.
Result<json::array> items_of(DemoClient& client, const std::string& path) { return TRY(client.get(path)).at("items").as_array(); }

struct Person {
  std::string name, password, token;
  std::vector<std::string> roles;
};

class Demo {
 public:
  Demo(std::string url, fs::path data, fs::path csv) : url_(std::move(url)), data_(std::move(data)), csv_(std::move(csv)) {}

  // Makes what is missing and writes demo.json.
  Result<void> make(const std::optional<std::string>& first_link) {
    CHECK(load_people());
    if (first_link) CHECK(make_administrator(*first_link));
    CHECK(sign_in_everybody());
    CHECK(make_domains());
    CHECK(make_store());
    CHECK(make_elements());
    CHECK(make_views());
    CHECK(make_products());
    CHECK(make_subscriptions());
    CHECK(make_derived_product());
    CHECK(read_data());
    return write_demo_file();
  }

  // Over a mesh that is there: only the addresses are written anew.
  Result<void> rewrite() {
    CHECK(load_people());
    return write_demo_file();
  }

  [[nodiscard]] const Person& person(std::string_view name) const { return people_.at(std::string(name)); }
  [[nodiscard]] const std::map<std::string, Person>& people() const { return people_; }

 private:
  [[nodiscard]] fs::path state_file() const { return data_ / "demo.state.json"; }

  // Names and passwords are settled before the first step, so that a second attempt can sign in.
  Result<void> load_people() {
    std::ifstream file(state_file());
    json::object known;
    if (file) {
      const std::string text((std::istreambuf_iterator<char>(file)), {});
      known = TRY(parse_json(text)).as_object();
    }
    for (const auto& wanted : demo_people()) {
      Person person{std::string(wanted.name), {}, {}, {wanted.roles.begin(), wanted.roles.end()}};
      if (const auto* before = known.if_contains(wanted.name)) {
        person.password = text_at(*before, "password");
        person.token = text_at(*before, "token");
      } else {
        person.password = to_base64url(random_bytes(15));
      }
      people_[person.name] = std::move(person);
    }
    return save_people();
  }

  Result<void> save_people() {
    json::object state;
    for (const auto& [name, person] : people_) state[name] = json::object{{"password", person.password}, {"token", person.token}};
    return write_file_atomically(state_file(), json::serialize(state) + "\n", 0600);
  }

  Result<void> make_administrator(const std::string& link) {
    DemoClient nobody(url_);
    const auto& admin = person(kDemoAdministrator);
    CHECK(nobody.post("/api/v1/password", json::object{{"link", link}, {"name", admin.name}, {"password", admin.password}}));
    return {};
  }

  Result<void> sign_in_everybody() {
    CHECK(sign_in(people_.at(std::string(kDemoAdministrator))));
    std::set<std::string> there;
    for (const auto& user : TRY(items_of(as(kDemoAdministrator), "/api/v1/users?limit=1000"))) there.insert(text_at(user, "name"));
    for (auto& [name, person] : people_) {
      if (!there.contains(name)) {
        json::array roles(person.roles.begin(), person.roles.end());
        CHECK(as(kDemoAdministrator)
                  .post("/api/v1/users",
                        json::object{
                            {"name", name}, {"email", name + "@example.org"}, {"password", person.password}, {"roles", std::move(roles)}}));
      }
      if (name != kDemoAdministrator) CHECK(sign_in(person));
    }
    return {};
  }

  Result<void> sign_in(Person& person) {
    auto& client = clients_.try_emplace(person.name, url_).first->second;
    if (!person.token.empty()) {
      client.use_token(person.token);
      if (TRY(client.status_of("/api/v1/me")) == 200) return {};
      client.use_token({});
    }
    person.token = TRY(client.make_token(person.name, person.password));
    return save_people();
  }

  Result<void> make_domains() {
    for (const auto& domain : demo_domains()) {
      const auto path = domain.parent.empty() ? std::string(domain.name) : fmt::format("{}.{}", domain.parent, domain.name);
      if (TRY(as(kDemoAdministrator).status_of("/api/v1/domains/" + path)) == 200) continue;
      json::object body{{"name", domain.name}, {"title", domain.title}, {"description", domain.description}};
      if (!domain.parent.empty()) body["parent"] = domain.parent;
      body["owners"] = json::array(domain.owners.begin(), domain.owners.end());
      CHECK(as(kDemoAdministrator).post("/api/v1/domains", body));
    }
    return {};
  }

  Result<void> make_store() {
    auto& keeper = as(kDemoAdministrator);
    for (const auto& store : TRY(items_of(keeper, "/api/v1/data-stores?limit=1000"))) {
      if (text_at(store, "name") == "nycflights13") store_ = text_at(store, "id");
    }
    if (store_.empty()) {
      json::array rights;
      for (const auto& domain : demo_domains()) {
        if (domain.parent.empty()) rights.push_back(json::object{{"domain", domain.name}});
      }
      const auto made = TRY(keeper.post(
          "/api/v1/data-stores",
          json::object{{"name", "nycflights13"},
                       {"title", "Flights from New York City, 2013"},
                       {"description", "A folder of CSV files: flights, airlines, airports, planes and weather of the year 2013."},
                       {"type", "folder"},
                       {"coordinates", json::object{{"path", csv_.string()}, {"csv", json::object{{"null", "NA"}}}}},
                       {"rights", std::move(rights)}}));
      store_ = text_at(made, "id");
    }
    CHECK(keeper.post(fmt::format("/api/v1/data-stores/{}/check", store_), json::object{}));
    return {};
  }

  // Ids by `domain/name`.
  Result<std::map<std::string, std::string>> ids_of(const std::string& list) {
    std::map<std::string, std::string> ids;
    for (const auto& item : TRY(items_of(as(kDemoAdministrator), list + "?limit=1000"))) {
      ids[fmt::format("{}/{}", text_at(item, "domain"), text_at(item, "name"))] = text_at(item, "id");
    }
    return ids;
  }

  Result<void> make_elements() {
    elements_ = TRY(ids_of("/api/v1/elements"));
    for (const auto& table : demo_tables()) {
      const auto key = fmt::format("{}/{}", table.domain, table.name);
      if (elements_.contains(key)) continue;
      const auto made = TRY(as(table.owner)
                                .post("/api/v1/elements", json::object{{"domain", table.domain},
                                                                       {"store", store_},
                                                                       {"table", fmt::format("{}.csv", table.name)},
                                                                       {"name", table.name},
                                                                       {"title", table.title},
                                                                       {"description", table.description}}));
      elements_[key] = text_at(made, "id");
    }
    return {};
  }

  json::array ingredients_of(const std::vector<DemoIngredient>& ingredients) {
    json::array list;
    for (const auto& ingredient : ingredients) {
      json::object item{{"alias", ingredient.alias}};
      if (ingredient.product.empty()) {
        item["element"] = elements_.at(std::string(ingredient.element));
      } else {
        item["product"] = ingredient.product;
      }
      list.push_back(std::move(item));
    }
    return list;
  }

  Result<void> make_views() {
    for (const auto& view : demo_views()) {
      const auto key = fmt::format("{}/{}", view.domain, view.name);
      if (!elements_.contains(key)) {
        const auto made = TRY(as(view.owner)
                                  .post("/api/v1/elements", json::object{{"domain", view.domain},
                                                                         {"name", view.name},
                                                                         {"title", view.title},
                                                                         {"description", view.description},
                                                                         {"sql", view.sql},
                                                                         {"ingredients", ingredients_of(view.ingredients)},
                                                                         {"rate", json::object{{"every", "1d"}}}}));
        elements_[key] = text_at(made, "id");
      }
      CHECK(wait_for_runs(view.owner, elements_.at(key)));
    }
    return {};
  }

  // Until no run of that object is open; the newest one must have succeeded.
  Result<void> wait_for_runs(std::string_view owner, const std::string& object) {
    const auto until = std::chrono::steady_clock::now() + kRunLimit;
    while (std::chrono::steady_clock::now() < until) {
      const auto runs = TRY(items_of(as(owner), fmt::format("/api/v1/runs?object={}&limit=1", object)));
      const auto state = runs.empty() ? std::string("succeeded") : text_at(runs[0], "state");
      if (state == "succeeded") return {};
      if (state != "queued" && state != "running") {
        return fail(make_error(ErrorKind::Internal, "demo.run_failed", "A run of the demo failed.").with_detail(json::serialize(runs[0])));
      }
      std::this_thread::sleep_for(kRunPause);
    }
    return fail(ErrorKind::Timeout, "demo.run_late", "A run of the demo takes too long.");
  }

  Result<void> make_products() {
    products_ = TRY(ids_of("/api/v1/products"));
    for (const auto& product : demo_products()) {
      if (!product.derived) CHECK(make_product(product));
    }
    return {};
  }

  Result<void> make_product(const DemoProduct& product) {
    const auto key = fmt::format("{}/{}", product.domain, product.name);
    auto& owner = as(product.owner);
    if (!products_.contains(key)) {
      json::object port{{"name", product.port}, {"title", product.title}, {"description", product.description}, {"sample", "real"}};
      if (product.sql.empty()) {
        port["ingredient"] = product.ingredients.front().alias;
      } else {
        port["sql"] = product.sql;
      }
      const auto made = TRY(owner.post("/api/v1/products", json::object{{"domain", product.domain},
                                                                        {"name", product.name},
                                                                        {"title", product.title},
                                                                        {"description", product.description},
                                                                        {"tags", json::array(product.tags.begin(), product.tags.end())},
                                                                        {"ingredients", ingredients_of(product.ingredients)},
                                                                        {"ports", json::array{std::move(port)}},
                                                                        {"rate", json::object{{"every", "1d"}}}}));
      products_[key] = text_at(made, "id");
    }
    const auto& id = products_.at(key);
    if (text_at(TRY(owner.get("/api/v1/products/" + id)), "state") != "draft") return {};
    const auto open = TRY(items_of(owner, fmt::format("/api/v1/runs?object={}&limit=1", id)));
    const auto state = open.empty() ? std::string{} : text_at(open[0], "state");
    if (state != "queued" && state != "running") CHECK(owner.post(fmt::format("/api/v1/products/{}/publish", id), json::object{}));
    return wait_for_runs(product.owner, id);
  }

  // The subscription of that subject to that product, as the administrator sees it; null when there is none.
  Result<json::value> find_subscription(const std::string& product, std::string_view subject) {
    for (const auto& subscription :
         TRY(items_of(as(kDemoAdministrator), fmt::format("/api/v1/subscriptions?product={}&limit=1000", product)))) {
      if (text_at(subscription.at("subject"), "name") == subject) return subscription;
    }
    return json::value(nullptr);
  }

  Result<void> make_subscriptions() {
    for (const auto& wanted : demo_subscriptions()) {
      const auto& product = products_.at(std::string(wanted.product));
      const auto subject = wanted.domain.empty() ? wanted.requester : wanted.domain;
      auto subscription = TRY(find_subscription(product, subject));
      if (subscription.is_null()) {
        json::object body{{"product", product}, {"purpose", wanted.purpose}};
        if (!wanted.domain.empty()) body["subject"] = json::object{{"domain", wanted.domain}};
        subscription = TRY(as(wanted.requester).post("/api/v1/subscriptions", body));
      }
      const auto path = "/api/v1/subscriptions/" + text_at(subscription, "id");
      auto state = text_at(subscription, "state");
      if (state == "pending" && wanted.becomes != "pending") {
        json::object decision{{"decision", wanted.becomes == "rejected" ? "reject" : "approve"}, {"comment", wanted.comment}};
        if (!wanted.row_filter.empty()) {
          decision["limits"] = json::object{{"row_filter", wanted.row_filter},
                                            {"hidden_columns", json::array(wanted.hidden_columns.begin(), wanted.hidden_columns.end())}};
        }
        state = text_at(TRY(as(wanted.decider).post(path + "/decision", decision)), "state");
        if (wanted.becomes == "revoked") {
          CHECK(as(wanted.requester).get(data_path(wanted.product) + "?limit=5"));  // it was used before it ended
        }
      }
      if (state == "approved" && wanted.becomes == "revoked")
        CHECK(as(wanted.decider).post(path + "/revoke", json::object{{"reason", "The project has ended."}}));
    }
    return {};
  }

  Result<void> make_derived_product() {
    for (const auto& product : demo_products()) {
      if (product.derived) CHECK(make_product(product));
    }
    return {};
  }

  static std::string data_path(std::string_view product) {
    const auto name = product.substr(product.find('/') + 1);
    for (const auto& candidate : demo_products()) {
      if (fmt::format("{}/{}", candidate.domain, candidate.name) == product) return fmt::format("/data/v1/{}/{}", product, candidate.port);
    }
    return fmt::format("/data/v1/{}/{}", product, name);
  }

  // Hits that were really made, by those who may.
  Result<void> read_data() {
    for (const auto& subscription : demo_subscriptions()) {
      if (subscription.becomes != "approved" || !subscription.domain.empty()) continue;
      for (const auto* query : {"?limit=20", "?limit=20&offset=20", "?limit=1"})
        CHECK(as(subscription.requester).get(data_path(subscription.product) + query));
    }
    return {};
  }

  Result<void> write_demo_file() {
    if (products_.empty()) {
      CHECK(sign_in(people_.at(std::string(kDemoAdministrator))));
      products_ = TRY(ids_of("/api/v1/products"));
    }
    json::array users, products;
    for (const auto& wanted : demo_people()) {
      const auto& known = person(wanted.name);
      users.push_back(json::object{{"name", known.name},
                                   {"password", known.password},
                                   {"token", known.token},
                                   {"roles", json::array(known.roles.begin(), known.roles.end())}});
    }
    for (const auto& product : demo_products()) {
      const auto key = fmt::format("{}/{}", product.domain, product.name);
      products.push_back(json::object{{"id", products_.at(key)},
                                      {"domain", product.domain},
                                      {"name", product.name},
                                      {"ports", json::array{json::object{{"name", product.port}, {"url", url_ + data_path(key)}}}}});
    }
    return write_file_atomically(
        data_ / "demo.json",
        json::serialize(json::object{{"url", url_}, {"users", std::move(users)}, {"products", std::move(products)}}) + "\n", 0600);
  }

  DemoClient& as(std::string_view name) { return clients_.at(std::string(name)); }

  std::string url_;
  fs::path data_, csv_;
  std::map<std::string, Person> people_;
  std::map<std::string, DemoClient> clients_;
  std::string store_;
  std::map<std::string, std::string> elements_, products_;
};

void introduce(const Demo& demo, const std::string& url) {
  fmt::print("\nWeft serves {}\n\nPeople (passwords and tokens are in demo.json, too):\n", url);
  for (const auto& [name, person] : demo.people()) fmt::print("  {:<10} {:<24} {}\n", name, person.password, fmt::join(person.roles, ", "));
  fmt::print("\nRows of flights:\n  curl -s -H 'Authorization: Bearer {}' '{}/data/v1/{}?limit=3'\n", demo.person(kDemoReader).token, url,
             kDemoFlightsPort);
  std::fflush(stdout);
}

}  // namespace

Result<void> demo(const ServeOptions& options) {
  auto server_options = TRY(make_server_options(options));
  const auto data = server_options.data;
  const auto csv = server_options.share / "nycflights13";
  server_options.settings.stores.folders.push_back(csv.string());
  return run_server(std::move(server_options), [&](MeshServer& server) -> Result<void> {
    Demo demo(server.url(), data, csv);
    if (fs::exists(data / "demo.json")) {
      CHECK(demo.rewrite());
    } else {
      CHECK(demo.make(TRY(server.first_link())));
    }
    introduce(demo, server.url());
    return {};
  });
}

}  // namespace weft
