// What every ElementStore keeps where two change an element at once.
#include "mesh/element/element_sql.h"

#include "mesh/element/change_element.h"
#include "mesh/product/product_fixture_test.h"

namespace weft {

namespace {

using Actions = std::vector<std::string>;

class ElementStoreTest : public ProductMeshTest {
 protected:
  Result<std::optional<RunId>> remove(const Element& seen) {
    return write_as(who, [&](Tx& tx, const Context& context) { return remove_element(tx, context, element_ports, seen); });
  }
  Result<Element> retitle(const Element& seen) {
    ChangeElement change;
    change.title = "Orders";
    return write_as(who, [&](Tx& tx, const Context& context) { return change_element(tx, context, element_ports, seen, change); });
  }

  const Domain shop = add_domain("shop", {owner});
  const Element table = add_table(shop, add_store("files", {shop}), "orders");
  const Principal who = principal_of(owner);
};
INSTANTIATE_TEST_SUITE_P(Stores, ElementStoreTest, kBothDialects, dialect_name);

TEST_P(ElementStoreTest, RemovesAnElementOnce) {
  const auto view = add_view(shop, "names", {table});
  for (const auto& element : {view, table}) {
    const auto logged = audit_actions().size();
    auto first = begin(TxMode::Write);
    value_of(remove_element(*first, as(who), element_ports, element));
    EXPECT_EQ(error_of(beside(std::move(first), [&] { return remove(element); })), "element.changed") << element.name;
    EXPECT_FALSE(find(element.id));
    EXPECT_EQ(audit_actions(logged), Actions{"element.remove"});
  }
}

TEST_P(ElementStoreTest, OfAChangeAndARemovalAtOnceOneTakesPlace) {
  const auto view = add_view(shop, "names", {table});
  auto changing = begin(TxMode::Write);
  ChangeElement change;
  change.title = "Names";
  value_of(change_element(*changing, as(who), element_ports, view, change));
  EXPECT_EQ(error_of(beside(std::move(changing), [&] { return remove(view); })), "element.changed");
  EXPECT_EQ(find(view.id)->title, "Names");

  auto removing = begin(TxMode::Write);
  value_of(remove_element(*removing, as(who), element_ports, *find(view.id)));
  EXPECT_EQ(error_of(beside(std::move(removing), [&, seen = *find(view.id)] { return retitle(seen); })), "element.changed");
  EXPECT_EQ(audit_actions(), (Actions{"element.change", "element.remove"}));
}

TEST_P(ElementStoreTest, RemovesNoElementThatAViewReads) {
  add_view(shop, "names", {table});
  EXPECT_EQ(error_of(remove(table)), "element.in_use");
  EXPECT_EQ(find(table.id)->version, table.version);
  EXPECT_TRUE(find(table.id)->mapping);
}

}  // namespace

}  // namespace weft
