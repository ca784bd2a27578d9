#include "mesh/delivery/plan_read.h"

#include <gtest/gtest.h>

#include "mesh/delivery/plan_read_fixture_test.h"

namespace weft {
namespace {

std::string where(const Parameters& parameters) {
  const auto planned = plan(parameters);
  if (!planned) return planned.error().id;
  return planned->parts.where + (planned->params.empty() ? "" : " <- " + show(planned->params));
}

TEST(PlanReadTest, HasOneShape) {
  const auto planned =
      plan({{"select", "o:origin,id::text"}, {"month", "gt.6"}, {"order", "day.desc,id"}, {"limit", "10"}, {"offset", "5"}},
           {{"origin=eq.JFK", {"price"}}});
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->sql({"read_parquet('x')", "file_row_number"}),
            R"(SELECT t."origin" AS "o", CAST(t."id" AS VARCHAR) AS "id" FROM )"
            R"((SELECT s."id", s."origin", s."month", s."day", s."file_row_number" AS "row_number_" FROM read_parquet('x') AS s )"
            R"(WHERE s."origin" = CAST(? AS VARCHAR)) AS t WHERE t."month" > CAST(? AS INTEGER) )"
            R"(ORDER BY t."day" DESC NULLS FIRST, t."id" ASC NULLS LAST, t."row_number_" ASC LIMIT 10 OFFSET 5)");
  EXPECT_EQ(show(planned->params), "'JFK', 6");
  EXPECT_EQ(
      planned->count_sql({}),
      R"(SELECT count(*) FROM (SELECT s."month" FROM source AS s WHERE s."origin" = CAST(? AS VARCHAR)) AS t WHERE t."month" > CAST(? AS INTEGER))");
  EXPECT_EQ(planned->count_params, planned->params);
  const std::vector<PlannedColumn> columns = {{"o", "VARCHAR"}, {"id", "VARCHAR"}};
  EXPECT_EQ(planned->columns, columns);
  EXPECT_FALSE(planned->all_rows);
}

TEST(PlanReadTest, WithoutAnythingReadsAll) {
  const auto planned = plan({}, {}, {{"a", "INTEGER"}, {"b", "VARCHAR"}});
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->sql({}), R"(SELECT t."a" AS "a", t."b" AS "b" FROM (SELECT s."a", s."b" FROM source AS s) AS t)");
  EXPECT_EQ(planned->count_sql({}), "SELECT count(*) FROM (SELECT 1 FROM source AS s) AS t");
  EXPECT_TRUE(planned->all_rows);
}

struct WhereCase {
  Parameters parameters;
  std::string expected;
};

TEST(PlanReadTest, APageOfAllRowsIsFoundByTheirNumbers) {
  const auto sql = [](const Parameters& parameters, const ReadSource& source, const ReadSchema& schema = {{"id", "BIGINT"}}) {
    const auto planned = plan(parameters, {}, schema);
    return planned ? planned->sql(source) : planned.error().id;
  };
  const ReadSource table{"x", "rowid"};
  EXPECT_EQ(sql({{"limit", "7"}, {"offset", "20"}}, table),
            R"(SELECT t."id" AS "id" FROM (SELECT s."id" FROM x AS s WHERE s."rowid" >= 20 AND s."rowid" < 27) AS t)");
  EXPECT_EQ(sql({{"offset", "20"}}, table), R"(SELECT t."id" AS "id" FROM (SELECT s."id" FROM x AS s WHERE s."rowid" >= 20) AS t)");
  // Not where other rows come before, or nothing numbers them.
  for (const auto& parameters : {Parameters{{"limit", "7"}, {"offset", "20"}, {"id", "gt.1"}},
                                 Parameters{{"limit", "7"}, {"offset", "20"}, {"order", "id"}}, Parameters{{"limit", "7"}}}) {
    EXPECT_EQ(sql(parameters, table).find(R"("rowid" >=)"), std::string::npos);
  }
  EXPECT_TRUE(sql({{"limit", "7"}, {"offset", "20"}}, {}).ends_with("LIMIT 7 OFFSET 20"));
  EXPECT_TRUE(sql({{"limit", "7"}, {"offset", "20"}}, table, {{"ROWID", "BIGINT"}}).ends_with("LIMIT 7 OFFSET 20"));
}

TEST(PlanReadTest, KnowsWhenNothingIsChanged) {
  const auto unchanged = [](const Parameters& parameters, const std::vector<GrantLimits>& limits = {}) {
    const auto planned = plan(parameters, limits, {{"id", "BIGINT"}, {"origin", "VARCHAR"}});
    return planned ? std::to_string(planned->unchanged) : planned.error().id;
  };
  EXPECT_EQ(unchanged({}), "1");
  EXPECT_EQ(unchanged({{"select", "*"}}), "1");
  EXPECT_EQ(unchanged({{"select", "id,origin"}}), "1");
  EXPECT_EQ(unchanged({{"select", "origin,id"}}), "0");
  EXPECT_EQ(unchanged({{"select", "id"}}), "0");
  EXPECT_EQ(unchanged({{"select", "key:id,origin"}}), "0");
  EXPECT_EQ(unchanged({{"select", "id::text,origin"}}), "0");
  EXPECT_EQ(unchanged({{"id", "gt.1"}}), "0");
  EXPECT_EQ(unchanged({{"order", "id"}}), "0");
  EXPECT_EQ(unchanged({{"limit", "5"}}), "0");
  EXPECT_EQ(unchanged({{"offset", "5"}}), "0");
  EXPECT_EQ(unchanged({}, {{"", {"origin"}}}), "0");
  EXPECT_EQ(unchanged({}, {{"id=gt.1", {}}}), "0");
}

TEST(PlanReadTest, CompilesConditions) {
  const std::vector<WhereCase> cases = {
      {{{"month", "eq.1"}}, R"(t."month" = CAST(? AS INTEGER) <- 1)"},
      {{{"month", "neq.1"}}, R"(t."month" <> CAST(? AS INTEGER) <- 1)"},
      {{{"month", "not.eq.1"}}, R"(t."month" <> CAST(? AS INTEGER) <- 1)"},
      {{{"month", "not.gte.1"}}, R"(t."month" < CAST(? AS INTEGER) <- 1)"},
      {{{"month", "not.gt.1"}}, R"(t."month" <= CAST(? AS INTEGER) <- 1)"},
      {{{"month", "isdistinct.1"}}, R"((t."month" IS NULL OR t."month" <> CAST(? AS INTEGER)) <- 1)"},
      {{{"month", "not.isdistinct.1"}}, R"(NOT ((t."month" IS NULL OR t."month" <> CAST(? AS INTEGER))) <- 1)"},
      {{{"month", "is.null"}}, R"(t."month" IS NULL)"},
      {{{"month", "not.is.null"}}, R"(t."month" IS NOT NULL)"},
      {{{"month", "is.not_null"}}, R"(t."month" IS NOT NULL)"},
      {{{"month", "not.is.not_null"}}, R"(t."month" IS NULL)"},
      {{{"ok", "is.true"}}, R"(t."ok" IS NOT DISTINCT FROM TRUE)"},
      {{{"ok", "not.is.true"}}, R"((t."ok" IS NULL OR t."ok" <> TRUE))"},
      {{{"ok", "is.unknown"}}, R"(t."ok" IS NULL)"},
      {{{"month", "is.true"}}, "data.type_mismatch"},
      {{{"month", "is.unknown"}}, "data.type_mismatch"},
      {{{"month", "in.(3,1,2,1)"}},
       R"((t."month" = CAST(? AS INTEGER) OR t."month" = CAST(? AS INTEGER) OR t."month" = CAST(? AS INTEGER)) <- 1, 2, 3)"},
      {{{"month", "in.(1)"}}, R"(t."month" = CAST(? AS INTEGER) <- 1)"},
      {{{"month", "not.in.(1,2)"}}, R"(NOT ((t."month" = CAST(? AS INTEGER) OR t."month" = CAST(? AS INTEGER))) <- 1, 2)"},
      {{{"month", "in.()"}}, "FALSE"},
      {{{"month", "not.in.()"}}, "NOT (FALSE)"},
      {{{"month", "in.(x)"}}, "data.invalid_value"},
      {{{"month", "eq(any).{1,NULL}"}}, R"((CAST(NULL AS BOOLEAN) OR t."month" = CAST(? AS INTEGER)) <- 1)"},
      {{{"month", "eq(any).{NULL}"}}, "CAST(NULL AS BOOLEAN)"},
      {{{"month", "eq(any).{}"}}, "FALSE"},
      {{{"month", "gt(any).{}"}}, "FALSE"},
      {{{"month", "gt(all).{}"}}, "TRUE"},
      {{{"month", "gt(any).{2,1}"}}, R"((t."month" > CAST(? AS INTEGER) OR t."month" > CAST(? AS INTEGER)) <- 1, 2)"},
      {{{"month", "not.gt(all).{1,2}"}}, R"(NOT ((t."month" > CAST(? AS INTEGER) AND t."month" > CAST(? AS INTEGER))) <- 1, 2)"},
      {{{"origin", "like.J*"}}, R"(t."origin" LIKE CAST(? AS VARCHAR) <- 'J%')"},
      {{{"origin", "like.JFK"}}, R"(t."origin" = CAST(? AS VARCHAR) <- 'JFK')"},
      {{{"origin", "ilike.*j_"}}, R"(lower(t."origin") LIKE lower(CAST(? AS VARCHAR)) ESCAPE '\' <- '%j_')"},
      {{{"origin", R"(like.100\%*)"}}, R"(t."origin" LIKE CAST(? AS VARCHAR) ESCAPE '\' <- '100\%%')"},
      {{{"origin", "like(any).{A*,B*}"}}, R"((t."origin" LIKE CAST(? AS VARCHAR) OR t."origin" LIKE CAST(? AS VARCHAR)) <- 'A%', 'B%')"},
      {{{"month", "like.1*"}}, "data.operator_mismatch"},
      {{{"tags", "eq.{a}"}}, "data.operator_mismatch"},
      {{{"tags", "is.null"}}, R"(t."tags" IS NULL)"},
      {{{"kind", "eq.a"}}, R"(CAST(t."kind" AS VARCHAR) = CAST(? AS VARCHAR) <- 'a')"},
      {{{"kind", "is.null"}}, R"(t."kind" IS NULL)"},
      {{{"price", "gt.1.005"}}, R"(t."price" > CAST(? AS DECIMAL(5,2)) <- '1.00')"},
      {{{"price", "gte.1.005"}}, R"(t."price" > CAST(? AS DECIMAL(5,2)) <- '1.00')"},
      {{{"price", "lt.1.005"}}, R"(t."price" <= CAST(? AS DECIMAL(5,2)) <- '1.00')"},
      {{{"price", "lte.1.005"}}, R"(t."price" <= CAST(? AS DECIMAL(5,2)) <- '1.00')"},
      {{{"price", "not.lt.1.005"}}, R"(t."price" > CAST(? AS DECIMAL(5,2)) <- '1.00')"},
      {{{"price", "eq.1.005"}}, R"(t."price" <> t."price")"},
      {{{"price", "neq.1.005"}}, R"(t."price" = t."price")"},
      {{{"price", "isdistinct.1.005"}}, "TRUE"},
      {{{"price", "lt.1000"}}, R"(t."price" = t."price")"},
      {{{"price", "gt.1000"}}, R"(t."price" <> t."price")"},
      {{{"price", "gt.-1000"}}, R"(t."price" = t."price")"},
      {{{"price", "in.(1.005,1)"}}, R"(t."price" = CAST(? AS DECIMAL(5,2)) <- '1.00')"},
      {{{"price", "in.(1.005)"}}, R"(t."price" <> t."price")"},
      {{{"ratio", "eq.0.5"}}, R"(t."ratio" = CAST(? AS DOUBLE) <- 0.5)"},
      {{{"ratio", "eq.-0"}}, R"(t."ratio" BETWEEN 0 AND 0)"},
      {{{"ratio", "neq.0"}}, R"(NOT (t."ratio" BETWEEN 0 AND 0))"},
      {{{"ratio", "isdistinct.0.0"}}, R"((t."ratio" IS NULL OR NOT (t."ratio" BETWEEN 0 AND 0)))"},
      {{{"ratio", "gt.0"}}, R"(t."ratio" > CAST(? AS DOUBLE) <- 0)"},
      {{{"ratio", "eq.nan"}}, R"(isnan(t."ratio"))"},
      {{{"ratio", "in.(0,1,2)"}},
       R"((t."ratio" = CAST(? AS DOUBLE) OR t."ratio" = CAST(? AS DOUBLE) OR t."ratio" BETWEEN 0 AND 0) <- 1, 2)"},
      {{{"ratio", "in.(0,1)"}}, R"((t."ratio" = CAST(? AS DOUBLE) OR t."ratio" BETWEEN 0 AND 0) <- 1)"},
      {{{"ratio", "in.(0,NaN)"}}, R"((isnan(t."ratio") OR t."ratio" BETWEEN 0 AND 0))"},
      {{{"ratio", "eq(any).{0,NULL}"}}, R"((CAST(NULL AS BOOLEAN) OR t."ratio" BETWEEN 0 AND 0))"},
      {{{"\"Name, \\\"x\\\"\"", "eq.1"}}, R"(t."Name, ""x""" = CAST(? AS VARCHAR) <- '1')"},
      {{{"nope", "eq.1"}}, "data.unknown_column"},
      {{{"Month", "eq.1"}}, "data.unknown_column"},
      {{{"month", "eq.1"}, {"id", "eq.2"}}, R"((t."id" = CAST(? AS BIGINT) AND t."month" = CAST(? AS INTEGER)) <- 2, 1)"},
      {{{"or", "(id.eq.2,id.eq.1)"}}, R"((t."id" = CAST(? AS BIGINT) OR t."id" = CAST(? AS BIGINT)) <- 1, 2)"},
      {{{"not.or", "(id.eq.2,id.eq.1)"}}, R"(NOT ((t."id" = CAST(? AS BIGINT) OR t."id" = CAST(? AS BIGINT))) <- 1, 2)"},
      {{{"not.or", "(id.eq.2)"}}, R"(t."id" <> CAST(? AS BIGINT) <- 2)"},
      {{{"origin", "eq.'; DROP TABLE x; --"}}, R"(t."origin" = CAST(? AS VARCHAR) <- ''; DROP TABLE x; --')"},
  };
  for (const auto& [parameters, expected] : cases)
    EXPECT_EQ(where(parameters), expected) << parameters[0].first << "=" << parameters[0].second;
}

TEST(PlanReadTest, ChoosesColumns) {
  struct Case {
    std::string select, expected;  // names and types, or the error's id
  };
  const std::vector<Case> cases = {{"id,origin", "id BIGINT, origin VARCHAR"},
                                   {"origin,id,origin", "origin VARCHAR, id BIGINT"},
                                   {"month,*",
                                    "month INTEGER, id BIGINT, origin VARCHAR, price DECIMAL(5,2), ok BOOLEAN, day DATE, Name, \"x\" "
                                    "VARCHAR, tags VARCHAR[], kind ENUM('a', 'b'), ratio DOUBLE"},
                                   {"a:id,b:id", "a BIGINT, b BIGINT"},
                                   {"id,id::text", "data.duplicate_column"},
                                   {"a:id,A:month", "data.duplicate_column"},
                                   {"*,id:month", "data.duplicate_column"},
                                   {"id::int8", "id BIGINT"},
                                   {"id::int", "id INTEGER"},
                                   {"id::money", "data.unknown_type"},
                                   {"tags::int", "data.cast"},
                                   {"kind::text", "kind VARCHAR"},
                                   {"nope", "data.unknown_column"}};
  for (const auto& [select, expected] : cases) {
    const auto planned = plan({{"select", select}});
    std::string shown = planned ? "" : planned.error().id;
    if (planned) {
      for (const auto& column : planned->columns) shown += fmt::format("{}{} {}", shown.empty() ? "" : ", ", column.name, column.type);
    }
    EXPECT_EQ(shown, expected) << select;
  }
}

TEST(PlanReadTest, OrdersAsPostgreSqlAndNeverByAnAlias) {
  const auto planned = plan({{"select", "month:id"}, {"order", "month,id.desc,month.desc,day.nullsfirst"}});
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->parts.order_by, R"(t."month" ASC NULLS LAST, t."id" DESC NULLS FIRST, t."day" ASC NULLS FIRST)");
  EXPECT_EQ(plan({{"order", "nope"}}).error().id, "data.unknown_column");
}

TEST(PlanReadTest, CountsTheRowsWhereTheSnapshotHasAColumnOfThatName) {
  const ReadSchema schema = {{"a", "INTEGER"}, {"File_Row_Number", "INTEGER"}};
  const auto planned = plan({{"order", "a"}}, {{"", {"File_Row_Number"}}}, schema);
  ASSERT_TRUE(planned);
  const std::string counted =
      R"(SELECT t."a" AS "a" FROM (SELECT s."a", s."row_number_" AS "row_number_" FROM )"
      R"((SELECT *, row_number() OVER () AS "row_number_" FROM x) AS s) AS t ORDER BY t."a" ASC NULLS LAST, t."row_number_" ASC)";
  EXPECT_EQ(planned->sql({"x", "file_row_number"}), counted);
  EXPECT_EQ(plan({{"order", "a"}}, {}, {{"a", "INTEGER"}})->sql({"x", ""}), counted);
}

TEST(PlanReadTest, ALongListIsLookedUpAndTheRowsPutInOrder) {
  std::string list, row_filter = "origin=in.(A";
  for (int i = 0; i < 65; ++i) list += fmt::format("{}{}", i == 0 ? "" : ",", i);
  const ReadSource source{"x", "file_row_number"};
  const auto planned = plan({{"select", "id"}, {"id", "in.(" + list + ")"}, {"limit", "5"}});
  ASSERT_TRUE(planned) << planned.error().message;
  const auto sql = planned->sql(source);
  EXPECT_TRUE(sql.starts_with(
      R"(SELECT t."id" AS "id" FROM (SELECT s."id", s."file_row_number" AS "row_number_" FROM x AS s) AS t WHERE t."id" IN (CAST()"))
      << sql;
  EXPECT_TRUE(sql.ends_with(R"() ORDER BY t."row_number_" ASC LIMIT 5)")) << sql;
  EXPECT_EQ(planned->params.size(), 65U);
  EXPECT_EQ(plan({{"id", "in.(" + list.substr(2) + ")"}})->sql(source).find("ORDER BY"), std::string::npos);
  for (int i = 0; i < 64; ++i) row_filter += fmt::format(",A{}", i);
  EXPECT_NE(plan({}, {{row_filter + ")", {}}})->sql(source).find("ORDER BY"), std::string::npos);
  EXPECT_TRUE(plan_permitted_view(kSchema, {row_filter + ")", {}})->sql.ends_with(R"() ORDER BY s."row_number_")"));
}

TEST(PlanReadTest, ASingleObjectLooksAtTwoRowsAtMost) {
  ReadQuery query;
  query.select.emplace_back();
  query.shape = Shape::SingleObject;
  for (const auto& [limit, expected] :
       std::vector<std::pair<std::optional<std::int64_t>, std::string>>{{{}, " LIMIT 2"}, {1, " LIMIT 1"}, {50, " LIMIT 2"}}) {
    query.page.limit = limit;
    EXPECT_EQ(plan_read(query, kSchema, {})->parts.limit, expected);
  }
}

TEST(PlanReadTest, EqualQueriesHaveEqualCanonicalText) {
  const std::vector<std::pair<Parameters, Parameters>> equal = {
      {{{"month", "eq.1"}, {"id", "eq.2"}}, {{"id", "eq.2"}, {"month", "eq.1"}}},
      {{{"month", "eq.1"}}, {{"month", "eq.+01"}}},
      {{{"month", "eq.1"}, {"month", "eq.1"}}, {{"and", "(month.eq.1)"}}},
      {{{"and", "(id.eq.1,and(month.eq.2,ok.is.true))"}}, {{"ok", "is.TRUE"}, {"month", "eq.2"}, {"id", "eq.1"}}},
      {{{"id", "in.(1,2,3)"}}, {{"id", "in.(3,2,1,3)"}}},
      {{{"id", "in.(1)"}}, {{"id", "eq.1"}}},
      {{{"origin", "like.a%"}}, {{"origin", "like.a*"}}},
      {{{"day", "eq.2013-01-01"}}, {{"day", "eq.2013-01-01T00:00:00"}}},
      {{{"select", "id,id"}}, {{"select", "id:id"}}},
      {{{"order", "id"}}, {{"order", "id.asc.nullslast,id.desc"}}},
      {{{"offset", "0"}}, {}},
  };
  for (const auto& [left, right] : equal) EXPECT_EQ(plan(left)->canonical, plan(right)->canonical) << left[0].second;

  const std::vector<Parameters> different = {{},
                                             {{"select", "id"}},
                                             {{"select", "id,month"}},
                                             {{"select", "month,id"}},
                                             {{"select", "id:month"}},
                                             {{"select", "id::text"}},
                                             {{"month", "eq.1"}},
                                             {{"month", "eq.2"}},
                                             {{"origin", "eq.1"}},
                                             {{"origin", "eq.1\n4:1:2"}},
                                             {{"origin", "eq.1"}, {"kind", "eq.2"}},
                                             {{"origin", "eq.2"}, {"kind", "eq.1"}},
                                             {{"limit", "1"}},
                                             {{"offset", "1"}},
                                             {{"order", "id"}},
                                             {{"order", "id.desc"}}};
  std::set<std::string> seen;
  for (const auto& parameters : different) EXPECT_TRUE(seen.insert(plan(parameters)->canonical).second) << parameters[0].second;
  for (const GrantLimits& limits : std::vector<GrantLimits>{{"id=eq.1", {}}, {"id=eq.2", {}}, {"", {"id"}}}) {
    EXPECT_TRUE(seen.insert(plan({}, {limits})->canonical).second) << limits.row_filter;
  }
}

TEST(RowsInPageTest, IsWhatIsLeftOfThePage) {
  EXPECT_EQ(rows_in_page({0, {}}, 10), 10);
  EXPECT_EQ(rows_in_page({3, {}}, 10), 7);
  EXPECT_EQ(rows_in_page({3, 5}, 10), 5);
  EXPECT_EQ(rows_in_page({8, 5}, 10), 2);
  EXPECT_EQ(rows_in_page({12, 5}, 10), 0);
  EXPECT_EQ(rows_in_page({0, 0}, 10), 0);
}

}  // namespace
}  // namespace weft
