#include "mesh/product/breaking_changes.h"

#include <gmock/gmock.h>

namespace weft {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PortColumn column(std::string name, std::string type) {
  PortColumn column;
  column.name = std::move(name);
  column.type = std::move(type);
  return column;
}

ProductDefinition definition(std::vector<std::pair<std::string, std::vector<PortColumn>>> ports) {
  ProductDefinition definition;
  for (auto& [name, columns] : ports) {
    Port port;
    port.name = name;
    port.columns = std::move(columns);
    definition.ports.push_back(std::move(port));
  }
  return definition;
}

TEST(BreakingChangesTest, AreWhatIsGoneAndWhatIsOfAnotherType) {
  const auto before = definition({{"legs", {column("id", "BIGINT"), column("seat", "VARCHAR")}}, {"routes", {column("id", "BIGINT")}}});
  EXPECT_THAT(breaking_changes(before, before), IsEmpty());
  EXPECT_THAT(breaking_changes(before, definition({{"legs", {column("seat", "INTEGER"), column("number", "BIGINT")}}})),
              ElementsAre("The column 'id' of 'legs' is gone.", "The column 'seat' of 'legs' is INTEGER instead of VARCHAR.",
                          "The port 'routes' is gone."));
}

TEST(BreakingChangesTest, AreNeitherWhatIsNewNorAnotherOrder) {
  const auto before = definition({{"legs", {column("id", "BIGINT"), column("seat", "VARCHAR")}}});
  auto after = definition(
      {{"more", {column("id", "BIGINT")}}, {"legs", {column("seat", "VARCHAR"), column("new", "DATE"), column("id", "BIGINT")}}});
  after.ports[1].columns[0].description = "Where one sits.";
  EXPECT_THAT(breaking_changes(before, after), IsEmpty());
}

TEST(BreakingChangesTest, AreCutWhereTheyAreMany) {
  std::vector<PortColumn> columns;
  for (int i = 0; i < 1000; ++i) columns.push_back(column(fmt::format("c{}", i), "BIGINT"));
  const auto changes = breaking_changes(definition({{"wide", columns}}), definition({{"wide", {}}}));
  ASSERT_EQ(changes.size(), 21U);
  EXPECT_EQ(changes[19], "The column 'c19' of 'wide' is gone.");
  EXPECT_EQ(changes[20], "… and 980 more.");
}

}  // namespace
}  // namespace weft
