// What every DataStoreStore keeps where two remove a store at once.
#include "mesh/datastore/datastore_sql.h"

#include "mesh/datastore/register_data_store.h"
#include "mesh/product/product_fixture_test.h"

namespace weft {

namespace {

class DataStoreStoreTest : public ProductMeshTest {
 protected:
  Result<void> remove(const DataStore& seen) {
    return write_as(who, [&](Tx& tx, const Context& context) { return remove_data_store(tx, context, data_store_ports, seen); });
  }

  const Domain shop = add_domain("shop", {owner});
  const Principal who = principal_of(owner);
};
INSTANTIATE_TEST_SUITE_P(Stores, DataStoreStoreTest, kBothDialects, dialect_name);

TEST_P(DataStoreStoreTest, RemovesAStoreOnce) {
  const auto store = add_store("files", {shop});
  auto first = begin(TxMode::Write);
  value_of(remove_data_store(*first, as(who), data_store_ports, store));
  EXPECT_EQ(error_of(beside(std::move(first), [&] { return remove(store); })), "data_store.changed");
  EXPECT_FALSE(find(store.id));
  EXPECT_EQ(audit_actions(), std::vector<std::string>{"data_store.remove"});
}

TEST_P(DataStoreStoreTest, RemovesNoStoreThatIsMapped) {
  const auto store = add_store("files", {shop});
  add_table(shop, store, "orders");
  EXPECT_EQ(error_of(remove(store)), "data_store.in_use");
  const auto left = find(store.id);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->rights.size(), 1U);
  EXPECT_EQ(left->version, store.version);
}

TEST_P(DataStoreStoreTest, WhatWasChangedSinceIsNotRemoved) {
  const auto seen = add_store("files", {});
  value_of(write_as(system, [&](Tx& tx, const Context&) { return data_stores->update(tx, seen); }));
  EXPECT_EQ(error_of(remove(seen)), "data_store.changed");
  value_of(remove(*find(seen.id)));
  EXPECT_FALSE(find(seen.id));
}

}  // namespace

}  // namespace weft
