#include "mesh/catalog/catalog_index_xapian.h"

#include <gtest/gtest.h>

#include "base/temporary_folder_test.h"

namespace weft {
namespace {

using Names = std::vector<std::string>;

Principal person(Roles roles, std::vector<std::string> owned = {}) { return {UserId("somebody"), "somebody", roles, std::move(owned)}; }

class CatalogIndexTest : public testing::Test {
 protected:
  CatalogIndexTest() {
    put({CatalogEntry::Type::Domain, "d1", "sales", "sales", "Sales", "", "active", {}, {}, CatalogEntry::Audience::Everybody});
    put({CatalogEntry::Type::Product,
         "p1",
         "sales.emea",
         "daily-orders",
         "Orders",
         "One row an order.",
         "published",
         {"finance"},
         {"order_id the order's number"},
         CatalogEntry::Audience::Everybody});
    put({CatalogEntry::Type::Product,
         "p2",
         "sales.emea",
         "plans",
         "Plans for orders",
         "",
         "draft",
         {"secret"},
         {},
         CatalogEntry::Audience::Keepers});
    put({CatalogEntry::Type::Element,
         "e1",
         "sales",
         "orders_table",
         "",
         "",
         "foundational",
         {},
         {"salary"},
         CatalogEntry::Audience::Keepers});
  }

  void put(const CatalogEntry& entry) { ASSERT_TRUE(index_->put(entry)); }
  CatalogPage found(const CatalogSearch& search, const Principal& who) {
    auto page = index_->search(search, who);
    EXPECT_TRUE(page) << page.error().message;
    return page ? *page : CatalogPage{};
  }
  Names ids(const CatalogSearch& search, const Principal& who) {
    Names ids;
    for (const auto& item : found(search, who).items) ids.emplace_back(item.at("id").as_string());
    std::ranges::sort(ids);
    return ids;
  }

  TemporaryFolder folder_;
  std::unique_ptr<CatalogIndex> index_ = *make_catalog_index(folder_.path() / "search");
  const Principal reader_ = person(Role::DataUser), administrator_ = person(Role::DomainAdministrator),
                  keeper_ = person(Role::DomainOwner, {"sales"}), neighbour_ = person(Role::DomainOwner, {"salesforce", "hr"});
};

TEST_F(CatalogIndexTest, ShowsToEachWhatHeMayKnow) {
  const struct {
    Principal who;
    Names ids;
  } cases[] = {{reader_, {"d1", "p1"}},
               {neighbour_, {"d1", "p1"}},
               {person(Role::DataUser, {"sales"}), {"d1", "p1"}},  // ownership counts with the role only
               {keeper_, {"d1", "e1", "p1", "p2"}},
               {administrator_, {"d1", "e1", "p1", "p2"}}};
  for (const auto& [who, wanted] : cases) {
    EXPECT_EQ(ids({}, who), wanted);
    EXPECT_EQ(found({}, who).total, static_cast<std::int64_t>(wanted.size()));
  }
}

TEST_F(CatalogIndexTest, WhatSomebodyMayNotKnowIsInNoCountAndNoCorrection) {
  const auto page = found({}, reader_);
  ASSERT_EQ(page.facets.at("tag").size(), 1U);
  EXPECT_EQ(page.facets.at("tag")[0].value, "finance");
  for (const auto& state : page.facets.at("state")) EXPECT_NE(state.value, "draft");
  EXPECT_EQ(found({"salry"}, reader_).corrected, "") << "the word stands only where he may not look";
  EXPECT_EQ(found({"salry"}, administrator_).corrected, "salary");
  EXPECT_TRUE(ids({"salary"}, reader_).empty());
}

TEST_F(CatalogIndexTest, FindsNamesTheirPartsColumnsAndBeginnings) {
  for (const std::string words : {"daily-orders", "daily", "orders", "ord", "emea", "finance", "order_id", "number",
                                  "sales.emea/daily-orders", "emea/daily", "sales.emea/daily-ord"})
    EXPECT_EQ(ids({words}, reader_), Names{"p1"}) << words;
  EXPECT_TRUE(ids({"nothing"}, reader_).empty());
  EXPECT_TRUE(ids({"hr/daily-orders"}, reader_).empty()) << "of another domain";
}

TEST_F(CatalogIndexTest, FiltersByDomainWithThoseBelowItTagTypeAndState) {
  EXPECT_EQ(ids({"", "sales"}, administrator_), (Names{"d1", "e1", "p1", "p2"}));
  EXPECT_EQ(ids({"", "sales.emea"}, administrator_), (Names{"p1", "p2"}));
  EXPECT_TRUE(ids({"", "sales.em"}, administrator_).empty()) << "a name is no prefix of another";
  EXPECT_EQ(ids({"", std::nullopt, "finance"}, administrator_), Names{"p1"});
  EXPECT_EQ(ids({"", std::nullopt, std::nullopt, "element"}, administrator_), Names{"e1"});
  EXPECT_EQ(ids({"", std::nullopt, std::nullopt, std::nullopt, "draft"}, administrator_), Names{"p2"});
  EXPECT_TRUE(ids({"", std::nullopt, std::nullopt, std::nullopt, "draft"}, reader_).empty());
}

TEST_F(CatalogIndexTest, CountsOfADomainWhatItsFilterFinds) {
  for (const auto& who : {reader_, keeper_, administrator_}) {
    const auto counts = found({}, who).facets.at("domain");
    ASSERT_EQ(counts.size(), 2U) << "sales and sales.emea";
    for (const auto& [domain, count] : counts) {
      CatalogSearch search;
      search.domain = domain;
      EXPECT_EQ(count, found(search, who).total) << domain;
    }
  }
}

TEST_F(CatalogIndexTest, CountsOfAStateWhatItsFilterFinds) {
  for (const auto& who : {reader_, keeper_, administrator_}) {
    const auto page = found({}, who);
    std::int64_t counted = 0;
    for (const auto& [state, count] : page.facets.at("state")) {
      CatalogSearch search;
      search.state = state;
      EXPECT_EQ(count, found(search, who).total) << state;
      counted += count;
    }
    EXPECT_EQ(counted, page.total) << "elements go by their category";
  }
}

TEST_F(CatalogIndexTest, PagesWithoutGapsOrRepeats) {
  Names seen;
  for (int offset = 0; offset < 4; ++offset) {
    CatalogSearch search;
    search.offset = offset;
    search.limit = 1;
    const auto page = found(search, administrator_);
    EXPECT_EQ(page.total, 4);
    ASSERT_EQ(page.items.size(), 1U);
    seen.emplace_back(page.items[0].at("id").as_string());
  }
  std::ranges::sort(seen);
  EXPECT_EQ(seen, (Names{"d1", "e1", "p1", "p2"}));
}

TEST_F(CatalogIndexTest, ReplacesRemovesAndRemembersItsMark) {
  put({CatalogEntry::Type::Product, "p2", "sales.emea", "plans", "Forecast", "", "published", {}, {}, CatalogEntry::Audience::Everybody});
  EXPECT_EQ(ids({"forecast"}, reader_), Names{"p2"});
  EXPECT_TRUE(ids({"secret"}, administrator_).empty()) << "what it said before is gone";
  ASSERT_TRUE(index_->remove(CatalogEntry::Type::Product, "p1"));
  ASSERT_TRUE(index_->remove(CatalogEntry::Type::Product, "p1")) << "removing twice is no error";
  EXPECT_EQ(ids({}, reader_), (Names{"d1", "p2"}));

  ASSERT_TRUE(index_->save("42"));
  index_.reset();
  index_ = *make_catalog_index(folder_.path() / "search");
  EXPECT_EQ(*index_->mark(), "42");
  EXPECT_EQ(ids({}, reader_), (Names{"d1", "p2"}));
  ASSERT_TRUE(index_->clear());
  EXPECT_EQ(*index_->mark(), "");
  EXPECT_TRUE(ids({}, administrator_).empty());
}

}  // namespace
}  // namespace weft
