// What a SELECT's columns are made of, on the trees that DuckDB itself gives.
#include <gtest/gtest.h>

#include "base/ascii.h"
#include "mesh/run/trace_select.h"
#include "platform/duck/duck.h"

namespace weft {
namespace {

class TraceSelectTest : public ::testing::Test {
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

  std::vector<TracedColumn> trace(const std::string& sql) {
    auto cursor = connection_->query("SELECT json_serialize_sql(CAST(? AS VARCHAR))", {sql}).value();
    const auto rows = cursor->rows().value();
    const auto& cell = rows.at(0).at(0);
    const json::value tree = cell.is_string() ? json::parse(std::string_view(cell.as_string())) : cell;
    std::vector<std::string> aliases, outputs;
    for (const auto& schema : ingredients_) aliases.push_back(schema.alias);
    const auto columns = connection_->describe(sql);
    if (!columns) return refused(columns.error().message + columns.error().detail);
    for (const auto& column : *columns) outputs.push_back(column.name);
    const auto guarded = guard_select(tree, aliases);
    if (!guarded) return refused(guarded.error().message);
    return trace_select(tree, ingredients_, *guarded, outputs, [](std::string_view text) { return fmt::format("[{}]", text); });
  }
  static std::vector<TracedColumn> refused(std::string why) { return {{{{std::move(why)}, {}}, false, "", ""}}; }

  // `a.x|a.y*` for each column: its origins, those that it only computes from with a star.
  std::vector<std::string> traced(const std::string& sql) {
    std::vector<std::string> lines;
    for (const auto& column : trace(sql)) {
      const auto& lineage = column.lineage;
      std::set<std::string> origins;
      for (const auto& origin : lineage.origins) {
        const bool computed = std::ranges::find(lineage.computed_from, origin) != lineage.computed_from.end();
        origins.insert(origin + (computed ? "*" : ""));
      }
      lines.push_back(fmt::format("{}", fmt::join(origins, "|")));
    }
    return lines;
  }
  TracedColumn first(const std::string& sql) { return trace(sql).at(0); }
  bool is_bare(const std::string& sql) { return first(sql).bare; }

  using Lines = std::vector<std::string>;
  const std::vector<IngredientSchema> ingredients_ = {{"p", {{"id", "INTEGER"}, {"mail", "VARCHAR"}, {"town", "VARCHAR"}}},
                                                      {"o", {{"id", "INTEGER"}, {"sum", "DOUBLE"}}},
                                                      {"c", {{"who", "STRUCT(mail VARCHAR, city VARCHAR)"}, {"city", "VARCHAR"}}},
                                                      {"v", {{"mail", "VARCHAR"}, {"main", "INTEGER"}}}};
  std::shared_ptr<duck::Instance> instance_;
  std::unique_ptr<duck::Connection> connection_;
};

TEST_F(TraceSelectTest, KnowsAColumnThatIsHandedOn) {
  EXPECT_EQ(traced("SELECT mail, p.town AS place FROM p"), (Lines{"p.mail", "p.town"}));
  EXPECT_EQ(traced("SELECT mail AS mail, upper(town) AS town FROM p"), (Lines{"p.mail", "p.town*"}));
  EXPECT_EQ(traced("SELECT * FROM p"), (Lines{"p.id", "p.mail", "p.town"}));
  EXPECT_EQ(traced("SELECT (mail)::VARCHAR AS m, mail COLLATE nocase AS c FROM p"), (Lines{"p.mail", "p.mail"}));
  EXPECT_EQ(traced("SELECT p.mail, o.sum FROM p JOIN o ON p.id = o.id"), (Lines{"p.mail", "o.sum"}));
}

TEST_F(TraceSelectTest, KnowsWhatOnlyChoosesAmongValues) {
  for (const auto* expression :
       {"min(mail)", "any_value(mail)", "coalesce(mail, 'none')", "nullif(mail, '')", "ifnull(mail, '')", "list(mail)", "[mail][1]",
        "{'m': mail}", "lag(mail) OVER ()", "first_value(mail) OVER ()", "string_agg(mail, ',')", "greatest(mail, 'a')", "TRY(mail)",
        "to_json(mail)->>'$'", "CASE WHEN true THEN mail END", "CASE WHEN true THEN 'a' ELSE mail END", "max(CAST(mail AS VARCHAR))",
        "mail[1:3]"})
    EXPECT_EQ(traced(fmt::format("SELECT {} AS x FROM p", expression)), (Lines{"p.mail"})) << expression;
  EXPECT_EQ(traced("SELECT lag(town, 1, mail) OVER () AS x FROM p"), (Lines{"p.mail|p.town"}));
}

TEST_F(TraceSelectTest, KnowsWhatIsComputed) {
  for (const auto* expression :
       {"count(mail)", "length(mail)", "upper(mail)", "mail || '.'", "mail IS NULL", "mail LIKE '%.org'", "mail = ''",
        "CASE WHEN mail = '' THEN 1 ELSE 0 END", "count(DISTINCT mail) FILTER (WHERE mail <> '')", "row_number() OVER (ORDER BY mail)"})
    EXPECT_EQ(traced(fmt::format("SELECT {} AS x FROM p", expression)), (Lines{"p.mail*"})) << expression;
  EXPECT_EQ(traced("SELECT town, count(mail) AS n FROM p GROUP BY town"), (Lines{"p.town", "p.mail*"}));
  EXPECT_EQ(traced("SELECT CASE WHEN mail = '' THEN town END AS x FROM p"), (Lines{"p.mail*|p.town"}));
}

TEST_F(TraceSelectTest, FollowsSubqueriesCtesAndUnions) {
  for (const auto* sql : {"SELECT t FROM (SELECT town AS t FROM p)", "WITH x AS (SELECT town AS t FROM p) SELECT t FROM x",
                          "WITH x AS (SELECT * FROM p), y AS MATERIALIZED (SELECT x.town AS t FROM x) SELECT y.t AS u FROM y",
                          "WITH x AS (SELECT * EXCLUDE (mail) FROM p) SELECT town FROM x", "SELECT town FROM p UNION SELECT town FROM p",
                          "WITH x AS (SELECT town AS t FROM p) SELECT t FROM (SELECT x.* FROM x) AS s",
                          "SELECT s.* FROM (SELECT town FROM p ORDER BY id) AS s", "SELECT * EXCLUDE (id, mail) FROM p",
                          "SELECT * EXCLUDE (p.id, p.mail) FROM p", "SELECT c AS t FROM p AS q(a, b, c)",
                          "WITH x(i, m, t) AS (SELECT * FROM p) SELECT t FROM x"})
    EXPECT_EQ(traced(sql), (Lines{"p.town"})) << sql;
  EXPECT_EQ(traced("WITH x AS (SELECT upper(town) AS t, mail FROM p) SELECT t, t || mail AS tm FROM x"),
            (Lines{"p.town*", "p.mail*|p.town*"}));
  EXPECT_EQ(traced("WITH x AS (SELECT max(town) AS t FROM p GROUP BY mail) SELECT coalesce(t, '') AS t FROM x"), (Lines{"p.town"}));
  EXPECT_EQ(traced("SELECT mail FROM p UNION ALL SELECT upper(town) FROM p"), (Lines{"p.mail|p.town*"}));
  EXPECT_EQ(traced("SELECT 1 AS one, count(*) AS n FROM p"), (Lines{"", ""}));
  EXPECT_EQ(traced("SELECT id FROM p JOIN o USING (id)"), (Lines{"o.id|p.id"}));
}

TEST_F(TraceSelectTest, DoubtsWhatItDoesNotFollow) {
  const std::string all = "p.*";
  for (const auto* sql :
       {"SELECT (SELECT max(town) FROM p) AS t FROM p", "SELECT t FROM p UNPIVOT (t FOR n IN (town, mail))",
        "SELECT list_transform([town], t -> t) AS x FROM p", "WITH p AS (SELECT mail AS town FROM p) SELECT town FROM p",
        "SELECT town FROM p UNION ALL BY NAME SELECT town FROM p",
        "WITH x AS (SELECT mail AS t FROM p), y AS (WITH x AS (SELECT town AS t FROM p) SELECT t FROM x) SELECT t FROM y",
        "WITH RECURSIVE x AS (SELECT town FROM p UNION SELECT town FROM x) SELECT town FROM x",
        "SELECT t FROM p, LATERAL (SELECT p.town AS t)", "WITH x AS (SELECT upper(town) FROM p) SELECT \"upper(town)\" AS t FROM x"})
    EXPECT_EQ(traced(sql), (Lines{all})) << sql;
  EXPECT_EQ(traced("SELECT a.id_1 AS i FROM (SELECT p.id, o.id FROM p JOIN o ON p.id = o.id) AS a"), (Lines{"o.*|p.*"}));
  EXPECT_EQ(traced("SELECT town AS place, upper(place) AS loud FROM p"), (Lines{"p.town", all}));
  EXPECT_EQ(traced("SELECT * RENAME (mail AS m) FROM p"), (Lines{all, all, all}));
}

TEST_F(TraceSelectTest, IsNotMisledByNames) {
  const std::string all = "p.*";
  for (const auto* sql :
       {"SELECT COLUMNS(* EXCLUDE (id, town)) AS town FROM p", "SELECT town FROM (SELECT q.* AS town FROM (SELECT mail, town FROM p) AS q)",
        "SELECT \"COALESCE(mail, '')\" AS x FROM (SELECT COALESCE(mail, ''), town AS \"COALESCE(mail, '')\" FROM p)",
        "SELECT x FROM (SELECT * EXCLUDE (\"(id + 1)\") FROM (SELECT id + 1, town, mail FROM p)) AS s(y, x)"})
    EXPECT_EQ(traced(sql), (Lines{all})) << sql;
  EXPECT_EQ(traced("SELECT mail AS sum, sum AS contact FROM p SEMI JOIN o ON p.id = o.id").at(1), "o.*|p.*");
  EXPECT_EQ(traced("SELECT mail FROM p ANTI JOIN o ON p.id = o.id"), (Lines{"p.mail"}));
  EXPECT_EQ(traced("SELECT mail FROM p ANTI JOIN p ON true POSITIONAL JOIN o AS mail"), Lines{"o.*|p.*"});
}

TEST_F(TraceSelectTest, FollowsWhatReadsNoColumn) {
  EXPECT_EQ(traced("SELECT p.town, l.label FROM p JOIN (VALUES (1, 'x')) AS l(k, label) ON p.id = l.k"), (Lines{"p.town", ""}));
  EXPECT_EQ(traced("SELECT town, d FROM p, range(2) AS g(d)"), (Lines{"p.town", ""}));
  EXPECT_EQ(traced("SELECT town, col0 AS x FROM p, (VALUES (1))"), (Lines{"p.town", ""}));
  EXPECT_EQ(traced("SELECT town, d FROM p, range(p.id) AS g(d)"), (Lines{"p.*", "p.*"}));
  EXPECT_EQ(traced("SELECT town, sum FROM (SELECT p.*, o.sum FROM p JOIN o ON p.id = o.id)"), (Lines{"p.town", "o.sum"}));
  EXPECT_EQ(traced("SELECT p.* EXCLUDE (id), o.* FROM p JOIN o ON p.id = o.id"), (Lines{"p.mail", "p.town", "o.id", "o.sum"}));
}

TEST_F(TraceSelectTest, TakesAColumnBeforeAnEarlierItemOfItsName) {
  ASSERT_TRUE(connection_->execute("INSERT INTO p VALUES (1, 'mail', 'town')"));
  for (const auto* expression : {"town", "upper(town)", "max(town) OVER ()", "coalesce(town, 'x')"}) {
    const auto sql = fmt::format("SELECT mail AS town, {} AS x FROM p", expression);
    const auto rows = connection_->query(sql, {}).value()->rows().value();
    EXPECT_EQ(lower_case(std::string_view(rows.at(0).at(1).as_string())), "town") << sql;
    EXPECT_EQ(traced(sql).at(0), "p.mail");
    EXPECT_EQ(traced(sql).at(1).substr(0, 6), "p.town") << sql;
  }
}

TEST_F(TraceSelectTest, FollowsWhatAStarReplaces) {
  EXPECT_EQ(traced("SELECT * REPLACE (upper(mail) AS mail) FROM p"), (Lines{"p.id", "p.mail*", "p.town"}));
  EXPECT_EQ(traced("WITH x AS (SELECT * REPLACE (mail AS TOWN) FROM p) SELECT town FROM x"), (Lines{"p.mail"}));
}

TEST_F(TraceSelectTest, KnowsWhatIsAReferenceAndNothingElse) {
  for (const auto* sql : {"SELECT town FROM p", "SELECT p.town AS t FROM p", "SELECT * EXCLUDE (id, mail) FROM p",
                          "WITH x AS (SELECT town AS t FROM p) SELECT t FROM x", "SELECT id FROM p JOIN o USING (id)",
                          "SELECT town FROM p UNION SELECT mail FROM p", "SELECT town, count(*) AS n FROM p GROUP BY ALL"})
    EXPECT_TRUE(is_bare(sql)) << sql;
  for (const auto* expression : {"coalesce(town, 'x')", "max(town) OVER ()", "CASE WHEN true THEN town END", "town::VARCHAR", "upper(town)",
                                 "nullif('x', town)", "[town][1]", "'x'"})
    EXPECT_FALSE(is_bare(fmt::format("SELECT {} AS x FROM p", expression))) << expression;
  EXPECT_FALSE(is_bare("SELECT who.city AS x FROM c"));
  EXPECT_FALSE(is_bare("SELECT (SELECT max(town) FROM p) AS x FROM p")) << "it may be of everything, but is computed";
  EXPECT_TRUE(is_bare("SELECT t FROM p UNPIVOT (t FOR n IN (town, mail))")) << "nobody knows";
  EXPECT_FALSE(is_bare("WITH x AS (SELECT upper(town) AS t FROM p) SELECT t FROM x"));
}

TEST_F(TraceSelectTest, TellsByItsShapeHowSomethingIsComputed) {
  const auto shape = [&](const std::string& sql) { return first(sql).shape; };
  EXPECT_EQ(shape("SELECT town FROM p"), "");
  const auto loud = shape("SELECT upper(town) AS x FROM p");
  EXPECT_NE(loud, "");
  for (const auto* same :
       {"SELECT upper(town) AS other FROM p", "SELECT  upper(town) /* more */ AS x, mail FROM p", "SELECT upper(town) FROM p ORDER BY 1"})
    EXPECT_EQ(shape(same), loud) << same;
  for (const auto* other : {"SELECT lower(town) AS x FROM p", "SELECT upper(town) AS x FROM p WHERE id > 1",
                            "SELECT upper(mail) AS x FROM p", "WITH q AS (SELECT mail AS town FROM p) SELECT upper(town) AS x FROM q"})
    EXPECT_NE(shape(other), loud) << other;
  const auto union_of = shape("SELECT town FROM p UNION ALL SELECT mail FROM p");
  EXPECT_NE(union_of, "");
}

TEST_F(TraceSelectTest, TellsByItsRowsHowRelationsAreJoined) {
  const auto rows = [&](const std::string& sql) { return first(sql).rows; };
  EXPECT_EQ(rows("SELECT town FROM p WHERE id > 1"), "");
  EXPECT_EQ(rows("WITH x AS (SELECT town FROM p) SELECT upper(town) AS t FROM x"), "");
  const auto joined = rows("SELECT p.town FROM p JOIN o ON p.id = o.id");
  EXPECT_NE(joined, "");
  EXPECT_EQ(rows("SELECT p.town, o.sum FROM p JOIN o ON p.id = o.id WHERE sum > 1"), joined);
  EXPECT_NE(rows("SELECT p.town FROM p JOIN o ON true"), joined);
  EXPECT_NE(rows("SELECT t FROM (SELECT p.town AS t FROM p JOIN o ON true)"), "");
  EXPECT_EQ(rows("SELECT town FROM p GROUP BY town"), "");
  EXPECT_NE(rows("SELECT town FROM p GROUP BY GROUPING SETS ((town, id), (id))"), "");
  EXPECT_NE(rows("SELECT y.town FROM p JOIN p AS y ON p.id <> y.id"), "");
}

TEST_F(TraceSelectTest, DoubtsAllWhereOneItemMayMakeSeveralColumns) {
  const std::string all = "p.*", both = "c.*";
  EXPECT_EQ(traced("SELECT unnest({'x': id, 'y': mail}), town AS z FROM p"), (Lines{all, all, all}));
  EXPECT_EQ(traced("SELECT upper(COLUMNS('mail|town')), id FROM p"), (Lines{all, all, all}));
  EXPECT_EQ(traced("SELECT unnest(who), city AS place FROM c"), (Lines{both, both, both}));
  EXPECT_EQ(traced("SELECT who.* FROM c"), (Lines{both, both})) << "members are called as they like";
}

TEST_F(TraceSelectTest, KnowsWhoseAStarAndALongNameAre) {
  EXPECT_EQ(traced("SELECT p.*, o.sum FROM p JOIN o ON p.id = o.id"), (Lines{"p.id", "p.mail", "p.town", "o.sum"}));
  EXPECT_EQ(traced("SELECT who.city AS x, c.who.mail AS y FROM c"), (Lines{"c.who", "c.who"}));
  EXPECT_EQ(traced("SELECT main.v.mail AS x FROM v"), (Lines{"v.*"})) << "a schema comes before a column";
  EXPECT_EQ(traced("SELECT memory.main.v.mail AS x FROM v"), (Lines{"v.*"}));
}

TEST_F(TraceSelectTest, IsAskedOnlyOfWhatIsInSight) {
  for (const auto* sql :
       {"SELECT d.name FROM pg_settings AS d, (WITH pg_settings AS (SELECT 1 AS z) SELECT z FROM pg_settings) AS y",
        "WITH pg_settings AS (SELECT name FROM pg_settings) SELECT name FROM pg_settings",
        "WITH RECURSIVE pg_settings AS (SELECT name FROM pg_settings UNION SELECT 'x') SELECT name FROM pg_settings",
        "WITH RECURSIVE pg_settings AS (SELECT name FROM pg_settings UNION SELECT name FROM pg_settings) SELECT name FROM pg_settings",
        "WITH x AS (SELECT name FROM pg_settings), pg_settings AS (SELECT 1 AS name) SELECT name FROM x"})
    EXPECT_EQ(traced(sql), Lines{"There is no ingredient 'pg_settings'."}) << sql;
  EXPECT_EQ(traced("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n"), Lines{""});
  EXPECT_EQ(traced("WITH x AS (SELECT 1 AS i) SELECT i FROM x UNION SELECT i FROM (SELECT i FROM x)"), Lines{""});
}

TEST_F(TraceSelectTest, IsAskedOnlyOfWhatIsAllowed) {
  EXPECT_EQ(traced("SELECT [mail, town] AS l, {'m': mail} AS s FROM p"), (Lines{"p.mail|p.town", "p.mail"}));
  EXPECT_EQ(traced("SELECT main.current_setting('threads') AS x"), Lines{"The function current_setting is not allowed."});
  for (const auto* sql : {"SELECT '1'::JSON AS x", "SELECT 'a'::ENUM('a', 'b') AS x"})
    EXPECT_EQ(traced(sql),
              Lines{"A cast to JSON, to an ENUM or to a type of somebody's making is not allowed; json(…) and to_json(…) make JSON."});
  EXPECT_EQ(traced("SELECT json(mail) AS x, to_json(town) AS y FROM p"), (Lines{"p.mail", "p.town"}));
}

}  // namespace
}  // namespace weft
