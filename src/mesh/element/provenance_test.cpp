#include "mesh/element/provenance.h"

#include <gtest/gtest.h>

namespace weft {

namespace {

std::string in_brackets(std::string_view text) { return fmt::format("[{}]", text); }

Element table(std::string_view name, const std::vector<std::string>& columns) {
  Element element;
  element.id = ElementId("element-of-" + std::string(name));
  element.mapping = Mapping{DataStoreId("store"), "files", "main", std::string(name)};
  for (const auto& column : columns) element.columns.push_back({.name = column, .type = "VARCHAR"});
  return element;
}

ColumnProvenance make(const MadeColumn& column, const Provenance& source) {
  return made_provenance({column}, {{"a", &source}}, in_brackets).value().columns.at(0);
}

using Origins = std::vector<std::string>;
MadeColumn reference(std::string name, Origins origins, std::string shape = "") {
  return {name, "VARCHAR", name, {{std::move(origins), {}}, true, std::move(shape), ""}};
}
MadeColumn computed(std::string name, Origins origins, std::string shape, std::string rows = "") {
  return {name, "VARCHAR", name, {{std::move(origins), {}}, false, std::move(shape), std::move(rows)}};
}

const Provenance kPeople = table_provenance(table("people", {"Name", "mail", "age"}));
const std::string kTable = kPeople.table;
const BaseColumn kName{kTable, "name"}, kMail{kTable, "mail"}, kAny{kTable, "*"};

TEST(Provenance, OfATableIsItsColumns) {
  const auto& name = kPeople.columns[0];
  EXPECT_EQ(name.known, BaseColumns{kName});
  EXPECT_EQ(name.same, BaseColumns{kName});
  EXPECT_EQ(name.open, BaseColumns{});
  EXPECT_NE(name.way, kPeople.columns[1].way);
  EXPECT_EQ(kPeople.find("NAME"), &name);
  EXPECT_EQ(kPeople.find("street"), nullptr);
}

TEST(Provenance, IsTheSameOfEveryElementOfATable) {
  auto other = table("people", {"Name", "mail", "age"});
  other.id = ElementId("of another domain");
  EXPECT_EQ(table_provenance(other), kPeople);
  auto elsewhere = table("people", {"Name"});
  elsewhere.mapping->schema = "other";
  EXPECT_NE(table_provenance(elsewhere).columns[0].way, kPeople.columns[0].way);
}

TEST(Provenance, OfAReferenceIsThatOfItsSource) {
  const auto called = make(reference("called", {"a.Name"}), kPeople);
  EXPECT_EQ(called.way, kPeople.columns[0].way);
  EXPECT_EQ(called.same, BaseColumns{kName});
  EXPECT_EQ(make(reference("x", {"a.called"}), {{called}, ""}).way, called.way);
}

TEST(Provenance, OfAReferenceToSeveralIsAllOfThem) {
  const auto both = make(reference("x", {"a.Name", "a.mail"}, "using"), kPeople);
  EXPECT_EQ(both.same, (BaseColumns{kName, kMail}));
  EXPECT_NE(both.way, kPeople.columns[0].way);
}

TEST(Provenance, OfWhatIsComputedIsItsOwn) {
  const auto length = make(computed("x", {"a.Name"}, "length"), kPeople);
  EXPECT_EQ(length.known, BaseColumns{kName});
  EXPECT_EQ(length.same, BaseColumns{});
  EXPECT_EQ(length.way, make(computed("y", {"a.Name"}, "length"), kPeople).way);
  EXPECT_NE(length.way, make(computed("x", {"a.Name"}, "upper"), kPeople).way);
  EXPECT_NE(length.way, make(computed("x", {"a.mail"}, "length"), kPeople).way);
  EXPECT_NE(length.way, kPeople.columns[0].way);
  EXPECT_EQ(make(reference("y", {"a.x"}), {{length}, ""}).way, length.way);
}

TEST(Provenance, OfWhatIsComputedFromItsNamesakeIsThat) {
  EXPECT_EQ(make(computed("NAME", {"a.Name"}, "upper"), kPeople).same, BaseColumns{kName});
  auto renamed = computed("called", {"a.Name"}, "upper");
  renamed.in_sql = "name";
  EXPECT_EQ(make(renamed, kPeople).same, BaseColumns{kName});
}

TEST(Provenance, ChangesWithWhatLiesBeneath) {
  const auto above = [](const Origins& origins) {
    const Provenance view{{make(reference("x", origins), kPeople)}, ""};
    return make(computed("y", {"a.x"}, "loud"), view).way;
  };
  EXPECT_NE(above({"a.Name"}), above({"a.mail"}));
}

TEST(Provenance, OfOpenSqlIsAllThatItReads) {
  const auto name = make(computed("name", {"a.*"}, "open 1"), kPeople), one = make(computed("one", {"a.*"}, "open 2"), kPeople);
  EXPECT_EQ(name.known, BaseColumns{});
  EXPECT_EQ(name.open, BaseColumns{kAny});
  EXPECT_EQ(name.same, BaseColumns{kName});
  EXPECT_EQ(one.same, BaseColumns{});
  EXPECT_EQ(make(reference("one", {"a.*"}, "open 2"), kPeople).same, BaseColumns{kAny}) << "it may be each of them";
  EXPECT_NE(name.way, one.way);
  // What refers to it leaves it as open, and as likely.
  const auto next = make(reference("called", {"a.name"}), {{name, one}, ""});
  EXPECT_EQ(next.open, BaseColumns{kAny});
  EXPECT_EQ(next.same, BaseColumns{kName});
}

TEST(Provenance, OfNothingIsWhatIsRead) {
  const auto way = [](std::string shape, const Provenance& source) { return make(computed("n", {}, std::move(shape)), source).way; };
  EXPECT_EQ(way("count", kPeople), way("count", kPeople));
  EXPECT_NE(way("count", kPeople), way("one", kPeople));
  EXPECT_NE(way("count", kPeople), way("count", table_provenance(table("orders", {"Name", "mail", "age"}))));
}

TEST(Provenance, KnowsWhatTheCatalogDoesNot) {
  EXPECT_EQ(make(reference("x", {"a.street"}), kPeople).known, (BaseColumns{{kTable, "street"}}));
  const Provenance view{{kPeople.columns[0]}, ""};
  EXPECT_EQ(make(reference("x", {"a.street"}), view).open, BaseColumns{kName});
}

TEST(Provenance, OfAColumnThatCameWhenOthersWentIsPerhapsThose) {
  auto renamed = table("people", {"mailbox"});
  renamed.columns[0].formerly = {"Mail"};
  const auto mailbox = table_provenance(renamed).columns[0];
  EXPECT_EQ(mailbox.open, BaseColumns{kMail});
  EXPECT_EQ(mailbox.same, (BaseColumns{{kTable, "mailbox"}}));
}

TEST(Provenance, IsNoneWhereItNamesSomethingElse) {
  EXPECT_FALSE(made_provenance({reference("x", {"b.Name"})}, {{"a", &kPeople}}, in_brackets));
}

TEST(Provenance, OfRowsThatArePutTogetherIsHow) {
  EXPECT_EQ(make(reference("x", {"a.Name"}), kPeople).rows, "");
  EXPECT_EQ(make(computed("x", {"a.Name", "a.mail"}, "both"), kPeople).rows, "");
  auto joined = reference("x", {"a.Name"});
  joined.traced.rows = "on a.k = b.k";
  const auto port = make(joined, kPeople);
  EXPECT_EQ(port.way, kPeople.columns[0].way);
  EXPECT_NE(port.rows, "");
  EXPECT_EQ(make(reference("y", {"a.x"}), {{port}, ""}).rows, port.rows);
  joined.traced.rows = "on true";
  EXPECT_NE(make(joined, kPeople).rows, port.rows);
}

TEST(Provenance, NamesATableOnceWhereVeryManyOfItsColumnsGoIn) {
  std::vector<std::string> names;
  Origins origins;
  for (std::size_t i = 0; i <= kMaxOrigins; ++i) {
    names.push_back(fmt::format("c{}", i));
    origins.push_back("a." + names.back());
  }
  EXPECT_EQ(make(computed("line", origins, "concat"), table_provenance(table("people", names))).known, BaseColumns{kAny});
}

TEST(Provenance, IsReadBack) {
  const Provenance port{{make(reference("name", {"a.*"}), kPeople), make(computed("1.5 \"é\"\n", {"a.mail"}, "x", "y"), kPeople)}, ""};
  EXPECT_EQ(parse_provenance(json::parse(json::serialize(to_json(port)))), port);
}

}  // namespace

}  // namespace weft
