// A tag that a person puts on a column reaches all that is made of it, and each of those says so in the log.
#include "mesh/element/change_element.h"

#include "mesh/element/define_view.h"
#include "mesh/product/product_fixture_test.h"

namespace weft {

namespace {

class TagTest : public ProductMeshTest {
 protected:
  Result<Element> say(const Element& element, Personal personal) {
    ChangeElement change;
    change.columns.push_back({"name", std::nullopt, personal});
    return write_as(who, [&](Tx& tx, const Context& context) -> Result<Element> {
      return change_element(tx, context, element_ports, TRY(get_element(tx, who, *elements, element.id)), change);
    });
  }
  Personal tag_of(const Product& product, std::string_view port) {
    const auto now = find(product.id);
    return std::ranges::find(now->published->ports, port, &Port::name)->columns[0].personal;
  }
  // The entries from `first` on, as `domain: action of object, before → after`.
  std::vector<std::string> log(std::size_t first) {
    std::map<std::string, std::string> names{{table.id.text(), "orders"}, {view.id.text(), "names"}};
    for (const auto& product : {direct, indirect, both}) names[product.id.text()] = product.name;
    std::vector<std::string> lines;
    const auto entries = audit_entries();
    for (std::size_t i = first; i < entries.size(); ++i) {
      const auto& entry = entries[i];
      const auto tags = entry.action.ends_with(".retag") ? fmt::format(", {} → {}", entry.before, entry.after) : "";
      lines.push_back(fmt::format("{}: {} of {}{}", entry.domain, entry.action, names[entry.object_id], tags));
    }
    return lines;
  }

  const Domain shop = add_domain("shop", {owner}), north = add_domain("shop.north");
  const Element table = add_table(north, add_store("files", {shop}), "orders");
  const Element view = add_view(shop, "names", {table});
  const Product direct = add_product(north, "direct", {table}), indirect = add_product(shop, "indirect", {view});
  const Product both = add_product(shop, "both", {view, table});
  const Principal who = principal_of(owner);
};
INSTANTIATE_TEST_SUITE_P(Stores, TagTest, kBothDialects, dialect_name);

using Lines = std::vector<std::string>;

TEST_P(TagTest, EachObjectThatIsTaggedHasItsEntry) {
  const auto unread = add_view(shop, "unread", {});
  value_of(say(table, Personal::Confirmed));
  EXPECT_EQ(find(unread.id)->version, unread.version);
  EXPECT_EQ(tag_of(direct, "orders"), Personal::Confirmed);
  EXPECT_EQ(tag_of(both, "names"), Personal::Suspected);
  auto entries = log(0);
  ASSERT_EQ(entries.size(), 5U);
  EXPECT_EQ(entries[0], "shop.north: element.change of orders") << "what the person did comes first";
  std::ranges::sort(entries);
  // Two ways lead to `both`, which has one entry all the same.
  const auto retag = [](std::string_view what, std::string_view before, std::string_view after) {
    constexpr auto kTags = R"({{"personal":{{{}}},"published_version":1}})";
    return fmt::format("{}, {} → {}", what, fmt::format(kTags, before), fmt::format(kTags, after));
  };
  EXPECT_EQ(entries, (Lines{"shop.north: element.change of orders",
                            retag("shop.north: product.retag of direct", R"("orders":{})", R"("orders":{"name":"confirmed"})"),
                            R"(shop: element.retag of names, {"personal":{}} → {"personal":{"name":"suspected"}})",
                            retag("shop: product.retag of both", R"("names":{},"orders":{})",
                                  R"("names":{"name":"suspected"},"orders":{"name":"confirmed"})"),
                            retag("shop: product.retag of indirect", R"("names":{})", R"("names":{"name":"suspected"})")}));
  for (const auto& entry : audit_entries()) EXPECT_EQ(entry.actor, owner.id);

  value_of(say(table, Personal::Confirmed));
  EXPECT_EQ(log(5), Lines{}) << "nothing changed";
  value_of(say(table, Personal::Cleared));
  EXPECT_EQ(log(5), Lines{"shop.north: element.change of orders"}) << "untagging does not travel";
}

TEST_P(TagTest, AViewThatIsDefinedAnewTagsWhatReadsIt) {
  const auto mails = add_table(shop, add_store("more", {shop}), "mails");
  value_of(say(mails, Personal::Confirmed));
  const auto logged = audit_entries().size();
  View anew;
  anew.sql = "SELECT name FROM mails";
  anew.ingredients = {{"mails", mails.id, std::nullopt}};
  value_of(redefine_view(as(who), element_ports, view.id, view.version, anew));
  EXPECT_EQ(tag_of(indirect, "names"), Personal::Suspected);
  EXPECT_EQ(audit_actions(logged), (Lines{"element.redefine_view", "product.retag", "product.retag"}));
}

TEST_P(TagTest, ReachesWhatIsPublishedAtTheSameTime) {
  const auto draft = add_draft(shop, "new");
  auto publishing = begin(TxMode::Write);
  value_of(elements->lock_lineage(*publishing));
  const auto seen = *value_of(elements->find(*publishing, table.id));
  value_of(publish(*publishing, draft, {seen}));
  value_of(beside(std::move(publishing), [&] { return say(table, Personal::Confirmed); }));
  EXPECT_EQ(tag_of(draft, "orders"), Personal::Confirmed);
}

}  // namespace

}  // namespace weft
