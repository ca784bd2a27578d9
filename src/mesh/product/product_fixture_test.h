// For tests only: MeshTest with all that products are made of, and workers that answer without working.
#pragma once

#include <future>

#include "mesh/datastore/data_store_ports.h"
#include "mesh/datastore/datastore_sql.h"
#include "mesh/door/mesh_fixture_test.h"
#include "mesh/element/element_ports.h"
#include "mesh/element/element_sql.h"
#include "mesh/notification/outbox_sql.h"
#include "mesh/product/product_ports.h"
#include "mesh/product/product_sql.h"
#include "mesh/run/run_sql.h"
#include "mesh/subscription/subscription_ports.h"
#include "mesh/subscription/subscription_sql.h"

namespace weft {

inline std::unexpected<Error> no_worker() { return fail(ErrorKind::Internal, "test.no_worker", "There is no worker in this test."); }

// Every table has one column, `name`.
class IdleSource final : public Source {
 public:
  Result<void> check(const StoreAccess&) override { return no_worker(); }
  Result<std::vector<SourceTable>> tables(const StoreAccess&, const std::vector<std::string>&) override { return no_worker(); }
  Result<SourceSchema> describe(const StoreAccess&, std::string_view, std::string_view) override {
    SourceSchema schema;
    schema.columns.emplace_back();
    schema.columns[0].name = "name";
    schema.columns[0].type = schema.columns[0].native_type = "VARCHAR";
    return schema;
  }
  Result<SourceProfile> profile(const StoreAccess&, std::string_view, std::string_view, const std::vector<std::string>&) override {
    return no_worker();
  }
  Result<Sample> sample(const StoreAccess&, std::string_view, std::string_view, const std::vector<std::string>&, int) override {
    return no_worker();
  }
  Result<std::vector<Pulled>> pull(const StoreAccess&, const std::vector<Pull>&, const Cancel&,
                                   const std::function<void(std::int64_t)>&) override {
    return no_worker();
  }
};

// Every SELECT yields one column, `name`, that hands on the column `name` of each of its ingredients.
class IdleTransformer final : public Transformer {
 public:
  Result<CheckedSelect> check(const std::vector<IngredientSchema>& ingredients, std::string_view) override {
    CheckedSelect checked;
    checked.columns = {{"name", "VARCHAR"}};
    checked.lineage.emplace_back();
    for (const auto& ingredient : ingredients) {
      checked.aliases.push_back(ingredient.alias);
      checked.lineage[0].origins.push_back(ingredient.alias + ".name");
    }
    return checked;
  }
  Result<std::vector<AssembledFile>> assemble(const std::vector<IngredientFile>&, const std::vector<AssembledPort>&, const Cancel&,
                                              const std::function<void(std::int64_t)>&) override {
    return no_worker();
  }
  Result<AssembledFile> narrow(const Narrowing&, const Cancel&) override { return no_worker(); }
};

class IdleProfiler final : public Profiler {
 public:
  Result<Profile> profile(const std::filesystem::path&, const std::vector<std::string>&, const Cancel&) override { return no_worker(); }
};

class IdleReader final : public RowReader {
 public:
  Result<std::unique_ptr<RowStream>> read(const std::filesystem::path&, const ReadPlan&, DataFormat, StillWanted) override {
    return no_worker();
  }
  Result<std::int64_t> count(const std::filesystem::path&, const ReadPlan&, StillWanted) override { return no_worker(); }
};

class ProductMeshTest : public MeshTest {
 protected:
  // What comes of `second` when it starts before `first` is committed. Where it has to wait for that, it does.
  template <typename Second>
  auto beside(std::unique_ptr<Tx> first, Second second) -> decltype(second()) {
    auto running = std::async(std::launch::async, second);
    while (running.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready && !somebody_waits()) {
    }
    value_of(first->commit());
    return running.get();
  }

  [[nodiscard]] Context as(const Principal& who) const { return {clock.now(), who, "test"}; }

  // Of olga's, with rights of these domains.
  DataStore add_store(const std::string& name, const std::vector<Domain>& rights) {
    DataStore store;
    store.id = DataStoreId::make(clock.now());
    store.name = name;
    store.keeper = {owner.id, owner.name};
    for (const auto& domain : rights) store.rights.push_back({domain.id, domain.path, std::nullopt});
    store.created_at = store.updated_at = clock.now();
    value_of(write_as(system, [&](Tx& tx, const Context&) { return data_stores->insert(tx, store, std::nullopt); }));
    return store;
  }

  // A table of the store, or a view of its own domain's elements under their names, each with the column `name`.
  Element add_table(const Domain& domain, const DataStore& store, const std::string& name) {
    auto element = element_in(domain, name);
    element.mapping = Mapping{store.id, store.name, "", name};
    return add(std::move(element));
  }
  Element add_view(const Domain& domain, const std::string& name, const std::vector<Element>& of) {
    auto element = element_in(domain, name);
    element.category = Category::ValueAdded;
    element.view.emplace().sql = "SELECT name FROM …";
    for (const auto& read : of) {
      element.view->ingredients.push_back({read.name, read.id, std::nullopt});
      element.columns[0].origins.push_back(read.name + ".name");
    }
    return add(std::move(element));
  }

  Product add_draft(const Domain& domain, const std::string& name) {
    Product product;
    product.id = ProductId::make(clock.now());
    product.domain = domain.id;
    product.domain_path = domain.path;
    product.name = name;
    product.created_at = product.updated_at = clock.now();
    value_of(write_as(system, [&](Tx& tx, const Context&) { return products->insert(tx, product); }));
    return product;
  }
  // As a run does it: a port for each element, under its name, that is the element as it is.
  Result<void> publish(Tx& tx, Product product, const std::vector<Element>& of) {
    ProductDefinition definition;
    definition.title = definition.description = product.name;
    std::vector<PortInput> inputs;
    for (const auto& element : of) {
      definition.ingredients.push_back({element.name, element.id, std::nullopt});
      auto& port = definition.ports.emplace_back();
      port.name = element.name;
      port.ingredient = element.name;
      port.columns.push_back({"name", "name", "VARCHAR", "", element.columns[0].personal, {element.name + ".name"}, {}});
      inputs.push_back({port.name, element.id, std::nullopt, ""});
    }
    product.published = std::move(definition);
    product.state = ProductState::Published;
    product.published_version += 1;
    product.published_at = product.updated_at = clock.now();
    CHECK(products->update(tx, product));
    return products->insert_version(tx, product, std::nullopt, inputs);
  }
  Product add_product(const Domain& domain, const std::string& name, const std::vector<Element>& of) {
    const auto draft = add_draft(domain, name);
    value_of(write_as(system, [&](Tx& tx, const Context&) { return publish(tx, draft, of); }));
    return *find(draft.id);
  }

  [[nodiscard]] std::optional<Product> find(const ProductId& id) {
    auto tx = begin(TxMode::Read);
    return value_of(products->find(*tx, id));
  }
  [[nodiscard]] std::optional<Element> find(const ElementId& id) {
    auto tx = begin(TxMode::Read);
    return value_of(elements->find(*tx, id));
  }
  [[nodiscard]] std::optional<DataStore> find(const DataStoreId& id) {
    auto tx = begin(TxMode::Read);
    return value_of(data_stores->find(*tx, id));
  }

  std::unique_ptr<DataStoreStore> data_stores = make_sql_data_store_store(box);
  std::unique_ptr<ElementStore> elements = make_sql_element_store();
  std::unique_ptr<ProductStore> products = make_sql_product_store();
  std::unique_ptr<SubscriptionStore> subscriptions = make_sql_subscription_store();
  std::unique_ptr<RunStore> runs = make_sql_run_store();
  std::unique_ptr<Outbox> outbox = make_sql_outbox();
  IdleSource source;
  IdleTransformer transformer;
  IdleProfiler profiler;
  IdleReader reader;
  SnapshotReaders readers;

  IngredientPorts ingredient_ports{*elements, *data_stores, *products, *subscriptions};
  DataStorePorts data_store_ports{database(), *data_stores, *domains, *audit, source, {}};
  ElementPorts element_ports{database(),  *elements,        *data_stores, *domains, *runs,   *audit,       source,
                             transformer, ingredient_ports, profiler,     reader,   readers, folder.path()};
  ProductPorts product_ports{database(), *products, *domains, *runs, *users, *audit, *outbox, ingredient_ports, transformer, [] {}};
  SubscriptionPorts subscription_ports{*subscriptions, *products, *domains, *users, *audit, *outbox};

  User owner = add_user("olga", Role::DomainOwner);

 private:
  // On SQLite a second writer waits for the first one before it begins; there is nothing to see of it.
  bool somebody_waits() {
    if (GetParam() == Dialect::Sqlite) return true;
    const auto waiting = query("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", {});
    return value_of(waiting)[0].integer(0) > 0;
  }

  Element element_in(const Domain& domain, const std::string& name) {
    Element element;
    element.id = ElementId::make(clock.now());
    element.domain = domain.id;
    element.domain_path = domain.path;
    element.name = name;
    element.columns.emplace_back();
    element.columns[0].name = "name";
    element.columns[0].type = element.columns[0].native_type = "VARCHAR";
    element.created_at = element.updated_at = clock.now();
    return element;
  }
  Element add(Element element) {
    value_of(write_as(system, [&](Tx& tx, const Context&) { return elements->insert(tx, element); }));
    return element;
  }
};

}  // namespace weft
