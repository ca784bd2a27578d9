#include "mesh/delivery/permitted_view.h"

#include <gtest/gtest.h>

#include "mesh/delivery/plan_read_fixture_test.h"
#include "mesh/delivery/postgrest_error.h"

namespace weft {
namespace {

// What one reader may do, compared with a port that never had the column: no word of the answer may differ.
TEST(PermittedViewTest, AHiddenColumnDoesNotExist) {
  ReadSchema without = kSchema;
  std::erase_if(without, [](const PortSchemaColumn& column) { return column.name == "month"; });
  const std::vector<GrantLimits> limits = {{"", {"month"}}};
  const std::vector<Parameters> queries = {
      {},
      {{"select", "month"}},
      {{"select", "x:month"}},
      {{"select", "*"}},
      {{"select", "month::text"}},
      {{"select", "month::nonsense"}},
      {{"month", "eq.1"}},
      {{"month", "eq.abc"}},
      {{"month", "is.null"}},
      {{"month", "is.true"}},
      {{"month", "like.x"}},
      {{"month", "in.()"}},
      {{"\"month\"", "eq.1"}},
      {{"or", "(id.eq.1,month.eq.1)"}},
      {{"not.and", "(month.is.null)"}},
      {{"order", "month"}},
      {{"order", "id,month.desc"}},
      {{"select", "id,month:id"}},
      {{"select", "month:id"}, {"order", "month"}},
      {{"Month", "eq.1"}},
      {{"mont", "eq.1"}},
  };
  for (const auto& query : queries) {
    const auto hidden = plan(query, limits);
    const auto absent = plan(query, {}, without);
    SCOPED_TRACE(query.empty() ? "" : query[0].first + "=" + query[0].second);
    ASSERT_EQ(hidden.has_value(), absent.has_value());
    if (hidden) {
      EXPECT_EQ(hidden->sql({}), absent->sql({}));
      EXPECT_EQ(hidden->count_sql({}), absent->count_sql({}));
      EXPECT_EQ(hidden->params, absent->params);
      EXPECT_EQ(hidden->columns, absent->columns);
      EXPECT_EQ(hidden->canonical, absent->canonical);
      EXPECT_EQ(hidden->sql({}).find("s.\"month\""), std::string::npos);
    } else {
      EXPECT_EQ(hidden.error().id, absent.error().id);
      EXPECT_EQ(hidden.error().message, absent.error().message);
      EXPECT_EQ(hidden.error().hint, absent.error().hint);
      EXPECT_EQ(postgrest_code(hidden.error()), postgrest_code(absent.error()));
    }
  }
}

TEST(PermittedViewTest, HidesWithoutRegardToCase) {
  const auto view = permit(kSchema, std::vector<GrantLimits>{{"", {"MONTH", "nowhere"}}});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->columns.size(), kSchema.size() - 1);
}

TEST(PermittedViewTest, SeveralLimitsNarrow) {
  const auto planned = plan({{"select", "id"}}, {{"origin=eq.JFK", {"day"}}, {"or=(month.eq.1,month.eq.2)&ok=is.true", {"price"}}});
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(
      planned->parts.row_predicate,
      R"(((s."month" = CAST(? AS INTEGER) OR s."month" = CAST(? AS INTEGER)) AND s."ok" IS NOT DISTINCT FROM TRUE AND s."origin" = CAST(? AS VARCHAR)))");
  EXPECT_EQ(show(planned->params), "1, 2, 'JFK'");
  for (const std::string column : {"day", "price"}) {
    EXPECT_EQ(plan({{"select", column}}, {{"origin=eq.JFK", {"day"}}, {"", {"price"}}}).error().id, "data.unknown_column");
  }
}

TEST(PermittedViewTest, AFilterOnAHiddenColumnStillHolds) {
  const auto planned = plan({{"select", "id"}}, {{"month=eq.1", {"month"}}});
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->sql({}), R"(SELECT t."id" AS "id" FROM (SELECT s."id" FROM source AS s WHERE s."month" = CAST(? AS INTEGER)) AS t)");
  EXPECT_EQ(planned->count_sql({}), R"(SELECT count(*) FROM (SELECT 1 FROM source AS s WHERE s."month" = CAST(? AS INTEGER)) AS t)");
}

TEST(PermittedViewTest, ClosesAPortThatTheLimitsDoNotFit) {
  std::vector<std::string> all;
  for (const auto& column : kSchema) all.push_back(column.name);
  const std::vector<GrantLimits> misfits = {
      {"carrier=eq.AA", {}}, {"month=eq.abc", {}}, {"month=like.1*", {}}, {"month", {}}, {"select=id", {}}, {"a=%", {}}, {"", all}};
  for (const auto& limits : misfits) {
    for (const Parameters& query : {Parameters{}, Parameters{{"select", "nope"}}}) {
      const auto planned = plan(query, {{"", {}}, limits});
      ASSERT_FALSE(planned) << limits.row_filter;
      EXPECT_EQ(planned.error().id, "data.port_closed") << limits.row_filter;
      EXPECT_EQ(planned.error().kind, ErrorKind::Denied);
    }
  }
}

TEST(ParseLimitsTest, ChecksTheFilterAgainstThePort) {
  const auto parsed = parse_limits({"month=eq.1&origin=in.(JFK,LGA)", {"day", "elsewhere"}}, kSchema);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->row_filter.size(), 2U);
  EXPECT_EQ(parsed->hidden_columns.size(), 2U);
  const std::vector<std::pair<std::string, std::string>> cases = {{"carrier=eq.AA", "data.unknown_column"},
                                                                  {"month=eq.abc", "data.invalid_value"},
                                                                  {"month=noop.1", "data.syntax"},
                                                                  {"limit=1", "data.syntax"}};
  for (const auto& [filter, id] : cases) EXPECT_EQ(parse_limits({filter, {}}, kSchema).error().id, id) << filter;
}

TEST(PermittedViewSqlTest, SelectsWhatIsLeft) {
  const auto planned = plan_permitted_view({{"a", "INTEGER"}, {"b", "VARCHAR"}, {"c", "DOUBLE"}}, {"b=eq.x&c=gt.1.5", {"b"}});
  ASSERT_TRUE(planned) << planned.error().message;
  EXPECT_EQ(planned->sql, R"(SELECT s."a", s."c" FROM source AS s WHERE (s."b" = CAST(? AS VARCHAR) AND s."c" > CAST(? AS DOUBLE)))");
  EXPECT_EQ(json::serialize(json::array(planned->params.begin(), planned->params.end())), R"(["x",1.5E0])");
  EXPECT_EQ(planned->columns, (ReadSchema{{"a", "INTEGER"}, {"c", "DOUBLE"}}));
}

// Whatever is asked of a masked column, what is looked at is the mask: the column itself is nowhere in the SQL.
TEST(PermittedViewTest, OfAMaskedColumnThereIsTheMask) {
  GrantLimits limits;
  limits.masked_columns = {"origin", "day", "tags", "Kind"};
  const auto masked = plan({}, {limits});
  ASSERT_TRUE(masked);
  EXPECT_EQ(masked->columns, plan({})->columns) << "it is there, and of its type";
  EXPECT_NE(masked->canonical, plan({})->canonical);
  EXPECT_FALSE(masked->unchanged);
  for (const auto& query :
       std::vector<Parameters>{{}, {{"select", "origin"}}, {{"origin", "eq.JFK"}, {"order", "day"}}, {{"kind", "is.null"}}}) {
    const auto sql = plan(query, {limits})->sql({});
    for (const auto* name : {"origin", "day", "tags", "kind"}) EXPECT_EQ(sql.find(fmt::format("s.\"{}\"", name)), std::string::npos) << sql;
  }
  EXPECT_NE(masked->sql({}).find(R"('***' AS "origin", s."month")"), std::string::npos) << masked->sql({});
  EXPECT_NE(masked->sql({}).find(R"(CAST(NULL AS DATE) AS "day")"), std::string::npos);
  EXPECT_NE(masked->sql({}).find(R"(NULL AS "tags", NULL AS "kind")"), std::string::npos);
  limits.hidden_columns = {"day"};
  EXPECT_EQ(plan({}, {limits})->sql({}).find("day"), std::string::npos) << "hidden is hidden";
}

}  // namespace
}  // namespace weft
