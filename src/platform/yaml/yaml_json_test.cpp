#include "platform/yaml/yaml_json.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(ParseYaml, TakesScalarsForWhatTheyAre) {
  const auto value = parse_yaml("a: 1\nb: '1'\nc: true\nd: null\ne: [1.5, x, \"true\"]\nf: {g: 2026-01-01}\n");
  ASSERT_TRUE(value);
  EXPECT_EQ(json::serialize(*value), R"({"a":1,"b":"1","c":true,"d":null,"e":[1.5E0,"x","true"],"f":{"g":"2026-01-01"}})");
}

TEST(ParseYaml, SaysWhereItIsWrong) {
  const auto value = parse_yaml("a: [1\nb: 2");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().id, "yaml.invalid");
  EXPECT_NE(value.error().message.find("Line 2"), std::string::npos) << value.error().message;
}

TEST(ParseYaml, RefusesAKeyThatIsThereTwice) {
  const auto value = parse_yaml("a: 1\nports:\n  - name: one\n    sql: x\n    name: two\n");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message, "Line 5, column 5: 'name' is there twice");
  EXPECT_TRUE(parse_yaml("ports: [{name: one}, {name: two}]"));
}

}  // namespace
}  // namespace weft
