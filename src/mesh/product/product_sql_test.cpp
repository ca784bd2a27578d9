// What every ProductStore keeps where two change a product at once.
#include "mesh/product/product_sql.h"

#include "mesh/product/edit_product.h"
#include "mesh/product/product_fixture_test.h"

namespace weft {

namespace {

using Actions = std::vector<std::string>;

class ProductStoreTest : public ProductMeshTest {
 protected:
  // By his owner, as he has seen it.
  Result<void> remove(const Product& seen) {
    return write_as(who, [&](Tx& tx, const Context& context) { return remove_draft(tx, context, product_ports, seen); });
  }

  const Domain shop = add_domain("shop", {owner});
  const Principal who = principal_of(owner);
};
INSTANTIATE_TEST_SUITE_P(Stores, ProductStoreTest, kBothDialects, dialect_name);

TEST_P(ProductStoreTest, RemovesADraftOnce) {
  const auto draft = add_draft(shop, "orders");
  auto first = begin(TxMode::Write);
  value_of(remove_draft(*first, as(who), product_ports, draft));
  EXPECT_EQ(error_of(beside(std::move(first), [&] { return remove(draft); })), "product.changed");
  EXPECT_FALSE(find(draft.id));
  EXPECT_EQ(audit_actions(), Actions{"product.remove"});
}

TEST_P(ProductStoreTest, RemovesNoDraftThatIsPublishedMeanwhile) {
  const auto draft = add_draft(shop, "orders");
  const auto table = add_table(shop, add_store("files", {shop}), "orders");
  auto publishing = begin(TxMode::Write);
  value_of(publish(*publishing, draft, {table}));
  EXPECT_EQ(error_of(beside(std::move(publishing), [&] { return remove(draft); })), "product.changed");
  EXPECT_EQ(find(draft.id)->state, ProductState::Published);
  EXPECT_EQ(audit_actions(), Actions{});
}

TEST_P(ProductStoreTest, RemovesADraftAsItWasSeen) {
  const auto draft = add_draft(shop, "orders");
  value_of(write_as(who, [&](Tx& tx, const Context& context) {
    ChangeProduct change;
    change.definition.title = "Orders";
    return change_product(tx, context, product_ports, draft, std::move(change));
  }));
  EXPECT_EQ(error_of(remove(draft)), "product.changed");
  value_of(remove(*find(draft.id)));
  EXPECT_FALSE(find(draft.id));
  EXPECT_EQ(audit_actions(), (Actions{"product.change", "product.remove"}));
}

}  // namespace

}  // namespace weft
