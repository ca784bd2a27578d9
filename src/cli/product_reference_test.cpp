#include "cli/product_reference.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(ProductReferenceTest, ReadsDomainProductAndPort) {
  const auto product = parse_product_reference("sales.emea/flights");
  ASSERT_TRUE(product);
  EXPECT_EQ(product->domain, "sales.emea");
  EXPECT_EQ(product->name, "flights");
  EXPECT_EQ(product->port, "");
  EXPECT_EQ(parse_product_reference("sales/orders/daily")->port, "daily");
}

TEST(ProductReferenceTest, RefusesWhatIsNone) {
  for (const auto* text :
       {"", "flights", "/flights", "sales/", "sales//x", "sales/orders/", "sales/a/b/c", "Sales/orders", "sales..emea/x", "sales/a.csv"}) {
    const auto product = parse_product_reference(text);
    ASSERT_FALSE(product) << text;
    EXPECT_EQ(product.error().id, "usage.product") << text;
  }
}

}  // namespace
}  // namespace weft
