// The index says what the store says: after each change, after a restart, and on another history.
#include "mesh/catalog/follow_changes.h"

#include "mesh/catalog/catalog_index_xapian.h"
#include "mesh/domain/archive_domain.h"
#include "mesh/domain/create_domain.h"
#include "mesh/domain/move_domain.h"
#include "mesh/door/mesh_fixture_test.h"
#include "mesh/element/element_sql.h"
#include "mesh/product/product_sql.h"

namespace weft {
namespace {

using Names = std::vector<std::string>;

class CatalogFollowerTest : public MeshTest {
 protected:
  // What an administrator finds after following, as `type domain/name`.
  Names shown() {
    value_of(follower->follow());
    CatalogSearch search;
    search.limit = 1000;
    Names names;
    for (const auto& item : value_of(index->search(search, administrator)).items) {
      names.push_back(fmt::format("{} {}/{}", item.at("type").as_string().c_str(), item.at("domain").as_string().c_str(),
                                  item.at("name").as_string().c_str()));
    }
    std::ranges::sort(names);
    return names;
  }

  Domain make_domain(const std::string& name) {
    return value_of(write_as(administrator, [&](Tx& tx, const Context& context) {
      CreateDomain input;
      input.name = name;
      return create_domain(tx, context, domain_ports, input);
    }));
  }

  // With the audit entry from which the follower hears of it.
  Product add_product(const Domain& domain, const std::string& name) {
    Product product;
    product.id = ProductId::make(clock.now());
    product.domain = domain.id;
    product.domain_path = domain.path;
    product.name = name;
    value_of(write_as(system, [&](Tx& tx, const Context& context) -> Result<void> {
      CHECK(products->insert(tx, product));
      return audit->append(tx, context, {"product.create", "product", product.id.text(), product.domain_path, nullptr, nullptr});
    }));
    return product;
  }

  void restart() {
    follower.reset();
    index.reset();
    index = value_of(make_catalog_index(folder.path() / "search"));
    follower.emplace(ports);
  }

  const Principal administrator{UserId("ann"), "ann", Role::DomainAdministrator, {}};
  std::unique_ptr<ElementStore> elements = make_sql_element_store();
  std::unique_ptr<ProductStore> products = make_sql_product_store();
  std::unique_ptr<CatalogIndex> index = value_of(make_catalog_index(folder.path() / "search"));
  // Behind a reference of its own: the index is made anew by restart().
  struct Forward final : CatalogIndex {
    explicit Forward(std::unique_ptr<CatalogIndex>& index) : to(index) {}
    Result<void> put(const CatalogEntry& entry) override {
      ++puts;
      return to->put(entry);
    }
    Result<void> remove(CatalogEntry::Type type, std::string_view id) override { return to->remove(type, id); }
    Result<void> clear() override { return to->clear(); }
    Result<void> save(std::string_view mark) override { return to->save(mark); }
    Result<std::string> mark() override { return to->mark(); }
    Result<CatalogPage> search(const CatalogSearch& search, const Principal& who) override { return to->search(search, who); }
    std::unique_ptr<CatalogIndex>& to;
    int puts = 0;
  } forward{index};
  const CatalogPorts ports{database(), *audit, *domains, *elements, *products, forward};
  std::optional<CatalogFollower> follower{std::in_place, ports};
};
INSTANTIATE_TEST_SUITE_P(Stores, CatalogFollowerTest, kBothDialects, dialect_name);

TEST_P(CatalogFollowerTest, FollowsWhatIsMadeChangedMovedAndRemoved) {
  EXPECT_EQ(shown(), Names{});
  const auto sales = make_domain("sales");
  const auto orders = add_product(sales, "orders");
  EXPECT_EQ(shown(), (Names{"domain sales/sales", "product sales/orders"}));

  value_of(write_as(administrator, [&](Tx& tx, const Context& context) {
    return move_domain(tx, context, domain_ports, {.domain = "sales", .parent = std::nullopt, .name = "trade"});
  }));
  EXPECT_EQ(shown(), (Names{"domain trade/trade", "product trade/orders"})) << "all below a domain moves with it";

  value_of(write_as(system, [&](Tx& tx, const Context& context) -> Result<void> {
    CHECK(products->remove_draft(tx, orders));
    return audit->append(tx, context, {"product.remove_draft", "product", orders.id.text(), "trade", nullptr, nullptr});
  }));
  EXPECT_EQ(shown(), Names{"domain trade/trade"});

  make_domain("hr");
  value_of(write_as(administrator,
                    [&](Tx& tx, const Context& context) { return archive_domain(tx, context, domain_ports, {.domain = "trade"}); }));
  EXPECT_EQ(shown(), Names{"domain hr/hr"});
  value_of(write_as(administrator, [&](Tx& tx, const Context& context) {
    return move_domain(tx, context, domain_ports, {.domain = "hr", .parent = std::nullopt, .name = "people"});
  }));
  EXPECT_EQ(shown(), Names{"domain people/people"}) << "what is archived does not come back when all is filled in again";
}

TEST_P(CatalogFollowerTest, LooksOnlyAtWhatIsNew) {
  const auto sales = make_domain("sales");
  add_product(sales, "orders");
  shown();
  const int filled = forward.puts;
  shown();
  EXPECT_EQ(forward.puts, filled) << "nothing was written since";
  add_product(sales, "returns");
  shown();
  EXPECT_EQ(forward.puts, filled + 1);
}

TEST_P(CatalogFollowerTest, GoesOnWhereItWasSavedAndMakesAnewWhatIsAnothers) {
  const auto sales = make_domain("sales");
  add_product(sales, "orders");
  shown();
  value_of(follower->save());
  const int filled = forward.puts;
  restart();
  EXPECT_EQ(shown(), (Names{"domain sales/sales", "product sales/orders"}));
  EXPECT_EQ(forward.puts, filled) << "it was all there";

  value_of(index->put({CatalogEntry::Type::Product, "ghost", "sales", "ghost", "", "", "published", {}, {}, {}}));
  value_of(index->save("2:1:of another history"));
  restart();
  EXPECT_EQ(shown(), (Names{"domain sales/sales", "product sales/orders"})) << "the ghost of the other history is gone";
}

TEST_P(CatalogFollowerTest, StopsInTheMidstOfALongFill) {
  add_product(make_domain("sales"), "orders");
  follower->stop();
  EXPECT_EQ(error_of(follower->follow()), "catalog.stopped");
}

}  // namespace
}  // namespace weft
