#include "mesh/element/provenance.h"

#include <gtest/gtest.h>

namespace weft {

namespace {

using Columns = std::vector<MadeColumn>;

std::string in_brackets(std::string_view text) { return fmt::format("[{}]", text); }

Element table(std::string_view name, const std::vector<std::string>& columns) {
  Element element;
  element.id = ElementId("element-of-" + std::string(name));
  element.mapping = Mapping{DataStoreId("store"), "files", "main", std::string(name)};
  for (const auto& column : columns) element.columns.push_back({.name = column, .type = "VARCHAR"});
  return element;
}

Provenance make(std::string_view sql, const Columns& columns, const Provenance& source) {
  return made_provenance(sql, columns, {{"a", "the source", &source}}, in_brackets);
}

MadeColumn made(std::string name, Lineage lineage) { return {name, "VARCHAR", name, std::move(lineage)}; }

const Provenance kPeople = table_provenance(table("people", {"Name", "mail", "age"}));
const BaseColumn kName{"store/main/people", "name"}, kMail{"store/main/people", "mail"}, kAny{"store/main/people", "*"};

TEST(Provenance, OfATableIsItsColumns) {
  EXPECT_EQ(kPeople.columns[0], (ColumnProvenance{"Name", "VARCHAR", "store/main/people/name", {kName}, {}, {}, true}));
  EXPECT_EQ(kPeople.find("NAME"), &kPeople.columns[0]);
  EXPECT_EQ(kPeople.find("street"), nullptr);
}

TEST(Provenance, IsTheSameOfEveryElementOfATable) {
  auto other = table("people", {"Name", "mail", "age"});
  other.id = ElementId("of another domain");
  EXPECT_EQ(table_provenance(other), kPeople);
}

TEST(Provenance, OfWhatIsHandedOnIsItsSources) {
  const auto port = make("SELECT name AS called FROM a", {made("called", {{"a.Name"}, {}})}, kPeople);
  EXPECT_EQ(port.columns[0], (ColumnProvenance{"called", "VARCHAR", "store/main/people/name", {kName}, {}, {}, true}));
  const auto next = make("SELECT called FROM a", {made("x", {{"a.called"}, {}})}, port);
  EXPECT_EQ(next.columns[0].way, "store/main/people/name");
  EXPECT_TRUE(next.columns[0].hands_on);
}

TEST(Provenance, OfWhatIsComputedIsItsOwnWay) {
  const auto computed = [](std::string_view sql) { return make(sql, {made("x", {{"a.Name"}, {"a.Name"}})}, kPeople).columns[0]; };
  const auto length = computed("SELECT length(name) AS x FROM a");
  EXPECT_EQ(length.known, BaseColumns{kName});
  EXPECT_FALSE(length.hands_on);
  EXPECT_EQ(length.way, computed("SELECT length(name) AS x FROM a").way);
  EXPECT_NE(length.way, computed("SELECT upper(name) AS x FROM a").way);
  EXPECT_NE(length.way, kPeople.columns[0].way);
  // What is handed on of a computed column is that column.
  const auto port = Provenance{{length}};
  const auto next = make("SELECT x FROM a", {made("y", {{"a.x"}, {}})}, port).columns[0];
  EXPECT_EQ(next.way, length.way);
  EXPECT_FALSE(next.hands_on);
}

TEST(Provenance, ChangesWithWhatLiesBeneath) {
  const auto above = [](const Provenance& view) { return make("SELECT x || '' AS y FROM a", {made("y", {{"a.x"}, {"a.x"}})}, view); };
  const auto of_name = make("SELECT name AS x FROM a", {made("x", {{"a.Name"}, {}})}, kPeople);
  const auto of_mail = make("SELECT mail AS x FROM a", {made("x", {{"a.mail"}, {}})}, kPeople);
  EXPECT_NE(above(of_name).columns[0].way, above(of_mail).columns[0].way);
}

TEST(Provenance, OfSeveralHandsNothingOn) {
  const auto port = make("SELECT coalesce(name, mail) AS x FROM a", {made("x", {{"a.Name", "a.mail"}, {}})}, kPeople);
  EXPECT_EQ(port.columns[0].known, (BaseColumns{kName, kMail}));
  EXPECT_FALSE(port.columns[0].hands_on);
}

TEST(Provenance, OfOpenSqlIsAllThatItReads) {
  const Lineage all{{"a.*"}, {}};
  const auto port = make("WITH x AS (FROM a) SELECT name, 1 AS one FROM x", {made("name", all), made("one", all)}, kPeople);
  EXPECT_EQ(port.columns[0].known, BaseColumns{});
  EXPECT_EQ(port.columns[0].open.size(), 3U);
  EXPECT_EQ(port.columns[0].likely, BaseColumns{kName});
  EXPECT_EQ(port.columns[1].likely, BaseColumns{});
  EXPECT_NE(port.columns[0].way, port.columns[1].way);
  // What reads it leaves it as open, and as likely.
  const auto next = make("SELECT name AS called FROM a", {made("called", {{"a.name"}, {}})}, port);
  EXPECT_EQ(next.columns[0].open.size(), 3U);
  EXPECT_EQ(next.columns[0].likely, BaseColumns{kName});
}

TEST(Provenance, OfNothingIsItsSql) {
  const auto one = [](std::string_view sql, const char* identity) {
    return made_provenance(sql, {made("n", {})}, {{"a", identity, &kPeople}}, in_brackets).columns[0].way;
  };
  EXPECT_EQ(one("SELECT count(*) AS n FROM a", "people"), one("SELECT count(*) AS n FROM a", "people"));
  EXPECT_NE(one("SELECT count(*) AS n FROM a", "people"), one("SELECT count(*) AS n FROM a", "orders"));
  EXPECT_NE(one("SELECT count(*) AS n FROM a", "people"), one("SELECT 1 AS n FROM a", "people"));
}

TEST(Provenance, NamesATableOnceWhereVeryManyOfItsColumnsGoIn) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i <= kMaxOrigins; ++i) names.push_back(fmt::format("c{}", i));
  const auto wide = table_provenance(table("people", names));
  const auto port = make("SELECT * FROM (FROM a)", {made("c7", {{"a.*"}, {}})}, wide);
  EXPECT_EQ(port.columns[0].open, BaseColumns{kAny});
  EXPECT_EQ(port.columns[0].likely, (BaseColumns{{"store/main/people", "c7"}}));
}

TEST(Provenance, IsReadBack) {
  const Lineage all{{"a.*"}, {}};
  const auto port =
      make("SELECT …", {made("name", all), made("1.5 \"é\"", {{"a.mail"}, {"a.mail"}}), made("mail", {{"a.mail"}, {}})}, kPeople);
  EXPECT_EQ(parse_provenance(json::parse(json::serialize(to_json(port)))), port);
}

}  // namespace

}  // namespace weft
