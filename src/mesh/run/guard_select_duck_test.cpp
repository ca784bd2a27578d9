// What a SELECT's columns are made of, on the trees that DuckDB itself gives.
#include <gtest/gtest.h>

#include "mesh/run/guard_select.h"
#include "platform/duck/duck.h"

namespace weft {
namespace {

class TraceColumnsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    instance_ = duck::open_instance({}).value();
    connection_ = instance_->connect().value();
    for (const auto& schema : ingredients_) {
      std::string list;
      for (const auto& column : schema.columns)
        list += fmt::format("{}{} {}", list.empty() ? "" : ", ", duck::quote_identifier(column.name), column.type);
      ASSERT_TRUE(connection_->execute(fmt::format("CREATE TABLE {} ({})", schema.alias, list)));
    }
  }

  // `a.x|a.y*` for each column: its origins, those that it only computes from with a star.
  std::vector<std::string> traced(const std::string& sql) {
    auto cursor = connection_->query("SELECT json_serialize_sql(CAST(? AS VARCHAR))", {sql}).value();
    const auto rows = cursor->rows().value();
    const auto& cell = rows.at(0).at(0);
    const json::value tree = cell.is_string() ? json::parse(std::string_view(cell.as_string())) : cell;
    std::vector<std::string> aliases, outputs, lines;
    for (const auto& schema : ingredients_) aliases.push_back(schema.alias);
    const auto columns = connection_->describe(sql);
    if (!columns) return {columns.error().message + columns.error().detail};
    for (const auto& column : *columns) outputs.push_back(column.name);
    const auto guarded = guard_select(tree, aliases);
    if (!guarded) return {guarded.error().message};
    for (const auto& lineage : trace_columns(tree, ingredients_, *guarded, outputs)) {
      std::set<std::string> origins;
      for (const auto& origin : lineage.origins) {
        const bool computed = std::ranges::find(lineage.computed_from, origin) != lineage.computed_from.end();
        origins.insert(origin + (computed ? "*" : ""));
      }
      lines.push_back(fmt::format("{}", fmt::join(origins, "|")));
    }
    return lines;
  }

  using Lines = std::vector<std::string>;
  const std::vector<IngredientSchema> ingredients_ = {{"p", {{"id", "INTEGER"}, {"mail", "VARCHAR"}, {"town", "VARCHAR"}}},
                                                      {"o", {{"id", "INTEGER"}, {"sum", "DOUBLE"}}},
                                                      {"c", {{"who", "STRUCT(mail VARCHAR, city VARCHAR)"}, {"city", "VARCHAR"}}},
                                                      {"v", {{"mail", "VARCHAR"}, {"main", "INTEGER"}}}};
  std::shared_ptr<duck::Instance> instance_;
  std::unique_ptr<duck::Connection> connection_;
};

TEST_F(TraceColumnsTest, KnowsAColumnThatIsHandedOn) {
  EXPECT_EQ(traced("SELECT mail, p.town AS place FROM p"), (Lines{"p.mail", "p.town"}));
  EXPECT_EQ(traced("SELECT mail AS mail, upper(town) AS town FROM p"), (Lines{"p.mail", "p.town*"}));
  EXPECT_EQ(traced("SELECT * FROM p"), (Lines{"p.id", "p.mail", "p.town"}));
  EXPECT_EQ(traced("SELECT (mail)::VARCHAR AS m, mail COLLATE nocase AS c FROM p"), (Lines{"p.mail", "p.mail"}));
  EXPECT_EQ(traced("SELECT p.mail, o.sum FROM p JOIN o ON p.id = o.id"), (Lines{"p.mail", "o.sum"}));
}

TEST_F(TraceColumnsTest, KnowsWhatOnlyChoosesAmongValues) {
  for (const auto* expression :
       {"min(mail)", "any_value(mail)", "coalesce(mail, 'none')", "nullif(mail, '')", "ifnull(mail, '')", "list(mail)", "[mail][1]",
        "{'m': mail}", "lag(mail) OVER ()", "first_value(mail) OVER ()", "string_agg(mail, ',')", "greatest(mail, 'a')",
        "CASE WHEN true THEN mail END", "CASE WHEN true THEN 'a' ELSE mail END", "max(CAST(mail AS VARCHAR))", "mail[1:3]"})
    EXPECT_EQ(traced(fmt::format("SELECT {} AS x FROM p", expression)), (Lines{"p.mail"})) << expression;
  EXPECT_EQ(traced("SELECT lag(town, 1, mail) OVER () AS x FROM p"), (Lines{"p.mail|p.town"}));
}

TEST_F(TraceColumnsTest, KnowsWhatIsComputed) {
  for (const auto* expression :
       {"count(mail)", "length(mail)", "upper(mail)", "mail || '.'", "mail IS NULL", "mail LIKE '%.org'", "mail = ''",
        "CASE WHEN mail = '' THEN 1 ELSE 0 END", "count(DISTINCT mail) FILTER (WHERE mail <> '')", "row_number() OVER (ORDER BY mail)"})
    EXPECT_EQ(traced(fmt::format("SELECT {} AS x FROM p", expression)), (Lines{"p.mail*"})) << expression;
  EXPECT_EQ(traced("SELECT town, count(mail) AS n FROM p GROUP BY town"), (Lines{"p.town", "p.mail*"}));
  EXPECT_EQ(traced("SELECT CASE WHEN mail = '' THEN town END AS x FROM p"), (Lines{"p.mail*|p.town"}));
}

TEST_F(TraceColumnsTest, DoubtsWhatItDoesNotFollow) {
  const std::string all = "p.*";
  for (const auto* sql :
       {"SELECT t FROM (SELECT town AS t FROM p)", "WITH x AS (SELECT town AS t FROM p) SELECT t FROM x",
        "SELECT (SELECT max(town) FROM p) AS t FROM p", "SELECT town FROM p UNION SELECT town FROM p", "SELECT c AS t FROM p AS q(a, b, c)",
        "SELECT x FROM (SELECT 1) AS s(x), p", "SELECT list_transform([town], t -> t) AS x FROM p"})
    EXPECT_EQ(traced(sql), (Lines{all})) << sql;
  EXPECT_EQ(traced("SELECT town AS place, upper(place) AS loud FROM p"), (Lines{"p.town", all}));
  EXPECT_EQ(traced("SELECT * REPLACE (upper(mail) AS mail) FROM p"), (Lines{all, all, all}));
}

TEST_F(TraceColumnsTest, DoubtsAllWhereOneItemMayMakeSeveralColumns) {
  const std::string all = "p.*", both = "c.*";
  EXPECT_EQ(traced("SELECT unnest({'x': id, 'y': mail}), town AS z FROM p"), (Lines{all, all, all}));
  EXPECT_EQ(traced("SELECT upper(COLUMNS('mail|town')), id FROM p"), (Lines{all, all, all}));
  EXPECT_EQ(traced("SELECT unnest(who), city AS place FROM c"), (Lines{both, both, both}));
  EXPECT_EQ(traced("SELECT who.* FROM c"), (Lines{both, both})) << "members are called as they like";
}

TEST_F(TraceColumnsTest, KnowsWhoseAStarAndALongNameAre) {
  EXPECT_EQ(traced("SELECT p.*, o.sum FROM p JOIN o ON p.id = o.id"), (Lines{"p.id", "p.mail", "p.town", "o.sum"}));
  EXPECT_EQ(traced("SELECT who.city AS x, c.who.mail AS y FROM c"), (Lines{"c.who", "c.who"}));
  EXPECT_EQ(traced("SELECT main.v.mail AS x FROM v"), (Lines{"v.*"})) << "a schema comes before a column";
  EXPECT_EQ(traced("SELECT memory.main.v.mail AS x FROM v"), (Lines{"v.*"}));
}

TEST_F(TraceColumnsTest, IsAskedOnlyOfWhatIsAllowed) {
  EXPECT_EQ(traced("SELECT [mail, town] AS l, {'m': mail} AS s FROM p"), (Lines{"p.mail|p.town", "p.mail"}));
  EXPECT_EQ(traced("SELECT main.current_setting('threads') AS x"), Lines{"The function current_setting is not allowed."});
  for (const auto* sql : {"SELECT '1'::JSON AS x", "SELECT 'a'::ENUM('a', 'b') AS x"})
    EXPECT_EQ(traced(sql),
              Lines{"A cast to JSON, to an ENUM or to a type of somebody's making is not allowed; json(…) and to_json(…) make JSON."});
  EXPECT_EQ(traced("SELECT json(mail) AS x, to_json(town) AS y FROM p"), (Lines{"p.mail", "p.town"}));
}

}  // namespace
}  // namespace weft
