// A domain that is archived holds nothing, whatever was put into it at the same time.
#include "mesh/domain/archive_domain.h"

#include "mesh/element/define_view.h"
#include "mesh/element/map_table.h"
#include "mesh/product/edit_product.h"
#include "mesh/product/product_fixture_test.h"
#include "mesh/subscription/request_subscription.h"

namespace weft {

namespace {

class ArchiveDomainTest : public ProductMeshTest {
 protected:
  ArchiveDomainTest() { who = principal_of(owner); }

  std::vector<std::string> contents(const std::string& path) {
    auto tx = begin(TxMode::Read);
    return value_of(domains->contents(*tx, value_of(get_domain(*tx, *domains, path))));
  }
  DomainState state(const std::string& path) {
    auto tx = begin(TxMode::Read);
    return value_of(get_domain(*tx, *domains, path)).state;
  }

  Result<Product> make_product(Tx& tx, const std::string& domain) {
    return create_product(tx, as(who), product_ports, {domain, "orders", {}});
  }
  Result<Subscription> request(Tx& tx, const std::string& domain) {
    return request_subscription(tx, as(who), subscription_ports, {orders.id, "To build on it.", domain});
  }
  Result<void> give_right(Tx& tx, const Domain& domain) {
    DataStore given = store;
    given.rights.push_back({domain.id, domain.path, std::nullopt});
    return data_stores->update(tx, given);
  }
  template <typename Put>
  std::string written(Put put) {
    return error_of(write_as(who, [&](Tx& tx, const Context&) { return put(tx); }));
  }

  const Domain shop = add_domain("shop", {owner}), sub = add_domain("shop.sub"), reader_domain = add_domain("reader", {owner});
  const DataStore store = add_store("files", {shop});
  const Product orders = add_product(shop, "orders", {add_table(shop, store, "orders")});
  Principal who;
};
INSTANTIATE_TEST_SUITE_P(Stores, ArchiveDomainTest, kBothDialects, dialect_name);

TEST_P(ArchiveDomainTest, NothingComesIntoADomainThatIsBeingArchived) {
  const auto refusal = [&](const std::string& path, const std::function<std::string()>& put) {
    auto archiving = begin(TxMode::Write);
    value_of(archive_domain(*archiving, as(system), domain_ports, {path}));
    auto refused = beside(std::move(archiving), put);
    EXPECT_EQ(contents(path), std::vector<std::string>{}) << path;
    EXPECT_EQ(state(path), DomainState::Archived) << path;
    return refused;
  };
  for (const auto* path : {"shop.product", "shop.table", "shop.view"}) add_domain(path);
  EXPECT_EQ(refusal("shop.product", [&] { return written([&](Tx& tx) { return make_product(tx, "shop.product"); }); }), "domain.archived");
  EXPECT_EQ(refusal("shop.table",
                    [&] {
                      MapTable input;
                      input.domain = "shop.table";
                      input.store = store.id;
                      input.table = "orders.csv";
                      return error_of(map_table(as(who), element_ports, input));
                    }),
            "domain.archived");
  EXPECT_EQ(refusal("shop.view",
                    [&] {
                      DefineView input;
                      input.domain = "shop.view";
                      input.name = "one";
                      input.view.sql = "SELECT 'one' AS name";
                      return error_of(define_view(as(who), element_ports, input));
                    }),
            "domain.archived");
  EXPECT_EQ(refusal("reader", [&] { return written([&](Tx& tx) { return request(tx, "reader"); }); }), "form.invalid");
  EXPECT_EQ(refusal("shop.sub", [&] { return written([&](Tx& tx) { return give_right(tx, sub); }); }), "domain.archived");
}

TEST_P(ArchiveDomainTest, WhatIsBeingPutIntoADomainKeepsIt) {
  const auto kept = [&](const std::string& path, const std::function<void(Tx&)>& put) {
    auto putting = begin(TxMode::Write);
    put(*putting);
    const auto refused = beside(std::move(putting), [&] {
      return write_as(system, [&](Tx& tx, const Context& context) { return archive_domain(tx, context, domain_ports, {path}); });
    });
    EXPECT_EQ(state(path), DomainState::Active) << path;
    return refused ? "" : refused.error().message;
  };
  add_domain("shop.product");
  EXPECT_EQ(kept("shop.product", [&](Tx& tx) { value_of(make_product(tx, "shop.product")); }),
            "The domain shop.product still holds 1 product.");
  EXPECT_EQ(kept("reader", [&](Tx& tx) { value_of(request(tx, "reader")); }), "The domain reader still holds 1 subscription.");
  EXPECT_EQ(kept("shop.sub", [&](Tx& tx) { value_of(give_right(tx, sub)); }), "The domain shop.sub still holds 1 right to a data store.");
}

}  // namespace

}  // namespace weft
