#include "cli/demo_mesh.h"

#include <thread>

namespace weft {

namespace {

namespace fs = std::filesystem;

constexpr auto kRunPause = std::chrono::milliseconds(50);
constexpr auto kRunLimit = std::chrono::minutes(10);

class Demo {
 public:
  Demo(DemoPeople& people, fs::path csv) : people_(people), csv_(std::move(csv)) {}

  Result<std::map<std::string, std::string>> make() {
    CHECK(make_domains());
    CHECK(make_store());
    CHECK(make_elements());
    CHECK(make_views());
    CHECK(make_products());
    CHECK(make_subscriptions());
    CHECK(make_derived_product());
    CHECK(read_data());
    return products_;
  }

 private:
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
      if (field_text(store, "name") == "nycflights13") store_ = field_text(store, "id");
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
      store_ = field_text(made, "id");
    }
    CHECK(keeper.post(fmt::format("/api/v1/data-stores/{}/check", store_), json::object{}));
    return {};
  }

  // Ids by `domain/name`.
  Result<std::map<std::string, std::string>> ids_of(const std::string& list) {
    std::map<std::string, std::string> ids;
    for (const auto& item : TRY(items_of(as(kDemoAdministrator), list + "?limit=1000"))) {
      ids[fmt::format("{}/{}", field_text(item, "domain"), field_text(item, "name"))] = field_text(item, "id");
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
      elements_[key] = field_text(made, "id");
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
        elements_[key] = field_text(made, "id");
      }
      const auto& id = elements_.at(key);
      if (TRY(wait_for_runs(view.owner, id)) == Outcome::Succeeded) continue;
      // Interrupted too often, say: once more, by hand.
      CHECK(as(view.owner).post(fmt::format("/api/v1/elements/{}/refresh", id), json::object{}));
      CHECK(require_run(view.owner, id));
    }
    return {};
  }

  enum class Outcome { Succeeded, Failed };

  // Until no run of that object is open; what became of the newest.
  Result<Outcome> wait_for_runs(std::string_view owner, const std::string& object) {
    const auto until = std::chrono::steady_clock::now() + kRunLimit;
    while (std::chrono::steady_clock::now() < until) {
      const auto runs = TRY(items_of(as(owner), fmt::format("/api/v1/runs?object={}&limit=1", object)));
      const auto state = runs.empty() ? std::string("succeeded") : field_text(runs[0], "state");
      if (state == "succeeded") return Outcome::Succeeded;
      if (state != "queued" && state != "running") {
        failure_ = json::serialize(runs[0]);
        return Outcome::Failed;
      }
      std::this_thread::sleep_for(kRunPause);
    }
    return fail(ErrorKind::Timeout, "demo.run_late", "A run of the demo takes too long.");
  }

  Result<void> require_run(std::string_view owner, const std::string& object) {
    if (TRY(wait_for_runs(owner, object)) == Outcome::Succeeded) return {};
    return fail(make_error(ErrorKind::Internal, "demo.run_failed", "A run of the demo failed.").with_detail(failure_));
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
      products_[key] = field_text(made, "id");
    }
    const auto& id = products_.at(key);
    if (field_text(TRY(owner.get("/api/v1/products/" + id)), "state") != "draft") return {};
    const auto open = TRY(items_of(owner, fmt::format("/api/v1/runs?object={}&limit=1", id)));
    const auto state = open.empty() ? std::string{} : field_text(open[0], "state");
    if (state != "queued" && state != "running") CHECK(owner.post(fmt::format("/api/v1/products/{}/publish", id), json::object{}));
    return require_run(product.owner, id);
  }

  // The subscription of that subject to that product, as the administrator sees it; null when there is none.
  Result<json::value> find_subscription(const std::string& product, std::string_view subject) {
    for (const auto& subscription :
         TRY(items_of(as(kDemoAdministrator), fmt::format("/api/v1/subscriptions?product={}&limit=1000", product)))) {
      if (field_text(subscription.at("subject"), "name") == subject) return subscription;
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
      const auto path = "/api/v1/subscriptions/" + field_text(subscription, "id");
      auto state = field_text(subscription, "state");
      if (state == "pending" && wanted.becomes != "pending") {
        json::object decision{{"decision", wanted.becomes == "rejected" ? "reject" : "approve"}, {"comment", wanted.comment}};
        if (!wanted.row_filter.empty()) {
          decision["limits"] = json::object{{"row_filter", wanted.row_filter},
                                            {"hidden_columns", json::array(wanted.hidden_columns.begin(), wanted.hidden_columns.end())}};
        }
        state = field_text(TRY(as(wanted.decider).post(path + "/decision", decision)), "state");
      }
      if (state == "approved" && wanted.becomes == "revoked") {
        CHECK(as(wanted.requester).get(demo_data_path(wanted.product) + "?limit=5"));  // it was used before it ended
        CHECK(as(wanted.decider).post(path + "/revoke", json::object{{"reason", "The project has ended."}}));
      }
    }
    return {};
  }

  Result<void> make_derived_product() {
    for (const auto& product : demo_products()) {
      if (product.derived) CHECK(make_product(product));
    }
    return {};
  }

  // Hits that were really made, by those who may.
  Result<void> read_data() {
    for (const auto& subscription : demo_subscriptions()) {
      if (subscription.becomes != "approved" || !subscription.domain.empty()) continue;
      for (const auto* query : {"?limit=20", "?limit=20&offset=20", "?limit=1"})
        CHECK(as(subscription.requester).get(demo_data_path(subscription.product) + query));
    }
    return {};
  }

  DemoClient& as(std::string_view name) { return people_.as(name); }

  DemoPeople& people_;
  fs::path csv_;
  std::string store_, failure_;
  std::map<std::string, std::string> elements_, products_;
};

}  // namespace

std::string demo_data_path(std::string_view product) {
  for (const auto& candidate : demo_products()) {
    if (fmt::format("{}/{}", candidate.domain, candidate.name) == product) return fmt::format("/data/v1/{}/{}", product, candidate.port);
  }
  return fmt::format("/data/v1/{}", product);
}

Result<std::map<std::string, std::string>> make_demo_mesh(DemoPeople& people, const fs::path& csv) { return Demo(people, csv).make(); }

}  // namespace weft
