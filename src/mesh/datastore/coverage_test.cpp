#include "mesh/datastore/coverage.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

using Owner = TableMapping::Owner;

DataStore store_with(std::vector<StoreRight> rights) {
  DataStore store;
  store.id = DataStoreId("s");
  store.name = "files";
  store.keeper = {UserId("u"), "olivia"};
  store.rights = std::move(rights);
  return store;
}

StoreRight right(std::string domain, std::optional<std::string> schema = {}) { return {DomainId(domain), domain, std::move(schema)}; }
TableMapping mapping(std::string table, std::string domain, Owner owner = Owner::Present) {
  return {"main", table, domain + "-" + table, table, std::move(domain), owner};
}

std::string states_of(const std::vector<CoveredTable>& tables) {
  std::string text;
  for (const auto& table : tables) text += fmt::format("{}:{} ", table.table, to_text(table.state));
  return text;
}

TEST(CoverageTest, EachTableHasOneState) {
  const std::vector<SourceTable> seen = {{"main", "b", 3, ""}, {"main", "a", std::nullopt, ""}, {"main", "c", std::nullopt, ""}};
  const std::vector<TableMapping> mappings = {mapping("b", "x"), mapping("c", "x"), mapping("c", "y"), mapping("d", "x")};
  const auto tables = cover_tables(seen, mappings);
  EXPECT_EQ(states_of(tables), "a:unmapped b:mapped c:mapped-twice d:missing ");
  EXPECT_EQ(tables[1].row_estimate, 3);
  const auto unknown = cover_tables(fail(ErrorKind::Unavailable, "data_store.unreachable", "It is gone.", "Look."), mappings);
  EXPECT_EQ(states_of(unknown), ":unreachable b:mapped c:mapped-twice d:mapped ");  // what is mapped stands, nothing is said to be missing
  EXPECT_EQ(unknown[0].diagnosis, "It is gone. Look.");
  EXPECT_EQ(to_json(store_with({}), unknown[0]).at("table"), nullptr);
  EXPECT_TRUE(cover_tables(std::vector<SourceTable>{}, {}).empty());
}

TEST(CoverageTest, FiltersByStateOwnerAndDomain) {
  CoveredTable table;
  table.state = TableState::MappedTwice;
  table.mappings = {mapping("a", "sales.emea"), mapping("a", "crm", Owner::None)};
  const struct {
    std::optional<std::string> state, domain;
    bool fits;
  } cases[] = {{{}, {}, true},
               {"mapped-twice", {}, true},
               {"mapped", {}, false},
               {"without-owner", {}, true},
               {{}, "sales", true},
               {{}, "sales.emea.west", false},
               {{}, "sale", false},
               {"without-owner", "sales", true},
               {"unmapped", "sales", false}};
  for (const auto& [state, domain, expected] : cases) {
    const auto filter = parse_table_filter(state, domain);
    ASSERT_TRUE(filter);
    EXPECT_EQ(fits(table, *filter), expected) << state.value_or("-") << " " << domain.value_or("-");
  }
  EXPECT_EQ(parse_table_filter("lost", {}).error().id, "query.invalid");
  table.mappings.pop_back();
  EXPECT_FALSE(table.without_owner());
}

TEST(CoverageTest, AStoreTellsWhatNobodyLooksAfter) {
  const struct {
    std::vector<StoreRight> rights;
    KeeperState keeper;
    std::vector<TableMapping> mappings;
    std::vector<std::string> states;
  } cases[] = {
      {{right("sales")}, KeeperState::Active, {mapping("a", "sales.emea")}, {}},
      {{right("sales")}, KeeperState::Disabled, {mapping("a", "sales")}, {"without-keeper"}},
      {{right("sales")}, KeeperState::WithoutRole, {mapping("a", "sales")}, {"without-keeper"}},
      {{right("sales"), right("crm")}, KeeperState::Active, {mapping("a", "sales")}, {"unused-right"}},
      {{right("sales", "other")}, KeeperState::Active, {mapping("a", "sales")}, {"unused-right"}},
      {{right("sales", "main")}, KeeperState::Active, {mapping("a", "sales")}, {}},
      {{}, KeeperState::Active, {}, {"without-rights", "unused"}},
      {{right("sales"), right("crm")},
       KeeperState::Active,
       {mapping("a", "crm"), mapping("a", "sales", Owner::None)},
       {"without-owner", "mapped-twice"}},
  };
  for (const auto& [rights, keeper, mappings, states] : cases) {
    const auto coverage = cover_store(store_with(rights), keeper, mappings);
    EXPECT_EQ(coverage.states, states);
    EXPECT_EQ(to_json(coverage).at("rights").as_array().size(), rights.size());
  }
}

TEST(DataStoreTest, ARightCoversWhatIsBelowItsDomain) {
  const auto store = store_with({right("sales.emea"), right("crm", "public")});
  const struct {
    const char *domain, *schema;
    bool may;
  } cases[] = {{"sales.emea", "any", true}, {"sales.emea.west", "any", true}, {"sales", "any", false},      {"sales.emea2", "any", false},
               {"crm", "public", true},     {"crm", "private", false},        {"crm.team", "public", true}, {"other", "public", false}};
  for (const auto& [domain, schema, may] : cases) EXPECT_EQ(may_use(store, domain, schema), may) << domain << " " << schema;
}

TEST(DataStoreTest, CoordinatesAreCheckedByType) {
  const struct {
    DataStoreType type;
    const char* text;
    std::string field;  // that is complained about; empty: none
  } cases[] = {
      {DataStoreType::Folder, R"({"path":"/data"})", ""},
      {DataStoreType::Folder, R"({"path":"/data","csv":{"null":"NA","delimiter":";"}})", ""},
      {DataStoreType::Folder, R"({})", "coordinates.path"},
      {DataStoreType::Folder, R"({"path":"data"})", "coordinates.path"},
      {DataStoreType::Folder, R"({"path":"/data/../etc"})", "coordinates.path"},
      {DataStoreType::Folder, R"({"path":"/data/.."})", "coordinates.path"},
      {DataStoreType::Folder, R"({"path":"/data","csv":{"delimiter":";;"}})", "coordinates.csv.delimiter"},
      {DataStoreType::Folder, R"({"path":"/data","csv":{"quote":"","skip":2,"header":false}})", ""},
      {DataStoreType::Folder, R"({"path":"/data","csv":{"quote":"''"}})", "coordinates.csv.quote"},
      {DataStoreType::Folder, R"({"path":"/data","csv":{"skip":-1}})", "coordinates.csv.skip"},
      {DataStoreType::Folder, R"({"path":"/data","csv":{"header":"yes"}})", "coordinates.csv.header"},
      {DataStoreType::Folder, R"({"path":"/data","host":"x"})", "coordinates.host"},
      {DataStoreType::Sqlite, R"({"path":"/data/a.db","csv":{}})", "coordinates.csv"},
      {DataStoreType::Postgres, R"({"host":"h","database":"d","user":"u"})", ""},
      {DataStoreType::Postgres, R"({"host":"h","database":"d"})", "coordinates.user"},
      {DataStoreType::Postgres, R"({"host":"h","database":"d","user":"u","port":0})", "coordinates.port"},
      {DataStoreType::Postgres, R"({"host":"h","database":"d","user":"u","tls":"maybe"})", "coordinates.tls"},
  };
  for (const auto& [type, text, field] : cases) {
    const auto parsed = parse_coordinates(type, json::parse(text));
    EXPECT_EQ(parsed ? "" : parsed.error().fields.at(0).field, field) << text;
  }
  for (const auto type : {DataStoreType::Folder, DataStoreType::Sqlite, DataStoreType::Postgres})
    EXPECT_EQ(parse_data_store_type(to_text(type)).value(), type);
  EXPECT_FALSE(parse_data_store_type("oracle"));
}

TEST(DataStoreTest, TheAuditKnowsThatThereIsASecretAndNoMore) {
  auto store = store_with({right("sales")});
  EXPECT_EQ(to_audit(store).at("secret"), "none");
  store.secret = DataStore::Secret::Kept;
  EXPECT_EQ(to_audit(store).at("secret"), "kept");
  EXPECT_EQ(to_audit(store).at("rights").as_array()[0].at("schema"), nullptr);
}

}  // namespace
}  // namespace weft
