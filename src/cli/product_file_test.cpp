#include "cli/product_file.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

constexpr std::string_view kFile = R"(domain: aviation.operations
name: late-flights
title: Late flights
ingredients:
  - flights
  - environment.weather/weather
  - sales/orders/daily
  - {alias: f, element: flights}
ports:
  - name: late
    sql: SELECT * FROM flights
    columns:
      - carrier
      - {source: dep_delay, name: delay}
)";

TEST(ProductFileTest, ExpandsWhatIsShort) {
  const auto file = parse_product_file("product.yaml", std::string(kFile));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->domain, "aviation.operations");
  EXPECT_EQ(file->product, "late-flights");
  EXPECT_EQ(json::serialize(file->definition.at("ingredients")),
            R"([{"element":"flights","alias":"flights"},{"element":"environment.weather/weather","alias":"weather"},)"
            R"({"product":"sales/orders/daily","alias":"daily"},{"alias":"f","element":"flights"}])");
  EXPECT_EQ(json::serialize(file->definition.at("ports").at(0).at("columns")),
            R"([{"source":"carrier"},{"source":"dep_delay","name":"delay"}])");
}

TEST(ProductFileTest, SaysWhereInTheFileAComplaintIs) {
  const auto file = parse_product_file("product.yaml", std::string(kFile));
  ASSERT_TRUE(file);
  Error error;
  error.fields = {{"ports[0].sql", "a"}, {"ports[0].columns[1].name", "b"}, {"ports[0].columns[1].type", "c"}, {"description", "d"}};
  const auto placed = with_places(*file, error);
  EXPECT_EQ(placed.fields[0].field, "product.yaml:11: ports[0].sql");
  EXPECT_EQ(placed.fields[1].field, "product.yaml:14: ports[0].columns[1].name");
  EXPECT_EQ(placed.fields[2].field, "product.yaml:14: ports[0].columns[1].type");  // is not there: where it would stand
  EXPECT_EQ(placed.fields[3].field, "product.yaml:1: description");
}

TEST(ProductFileTest, ComplainsOfEverythingAtOnce) {
  const auto file = parse_product_file("p.yaml", "title: x\nname: Not A Name\nelements: [1]\n");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().id, "product_file.invalid");
  ASSERT_EQ(file.error().fields.size(), 5) << "also what only publishing would say";
  EXPECT_EQ(file.error().fields[1].field, "p.yaml:2: name");
  const auto bad_port = parse_product_file("p.yaml", "domain: a\nname: Not A Name\ntags: 7\nports: [{name: Q, sql: x}]\n");
  ASSERT_FALSE(bad_port);
  std::set<std::string> fields;
  for (const auto& [field, message] : bad_port.error().fields) fields.insert(field.substr(field.rfind(' ') + 1));
  EXPECT_EQ(fields, (std::set<std::string>{"name", "tags", "ports[0].name"}));
  EXPECT_EQ(parse_product_file("p.yaml", "a: [").error().id, "yaml.invalid");
  EXPECT_EQ(parse_product_file("p.yaml", "- a").error().id, "product_file.invalid");
}

}  // namespace
}  // namespace weft
