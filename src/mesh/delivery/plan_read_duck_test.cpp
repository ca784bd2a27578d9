// Plans that really run, over a Parquet file as our workers write it.
#include <gtest/gtest.h>

#include "mesh/delivery/plan_read.h"
#include "platform/duck/snapshot_sql.h"
#include "platform/duck/test_instance.h"

namespace weft {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

class PlanReadDuckTest : public testing::Test {
 protected:
  void make(std::string_view select) {
    const auto made = connection_->execute(duck::copy_to_parquet(select, file_.string()));
    ASSERT_TRUE(made) << made.error().detail;
    const auto columns = connection_->describe(relation());
    ASSERT_TRUE(columns) << columns.error().detail;
    schema_.clear();
    for (const auto& column : *columns) schema_.push_back({column.name, column.type});
  }

  [[nodiscard]] std::string relation() const { return fmt::format("SELECT * FROM {}", table()); }
  [[nodiscard]] std::string table() const { return fmt::format("read_parquet({})", duck::quote_literal(file_.string())); }

  // The answer as JSON, or the error's id.
  std::string read(const Parameters& parameters, const GrantLimits& limits = {}) {
    ReadRequest request;
    request.parameters = parameters;
    const auto query = parse_read_query(request);
    if (!query) return query.error().id;
    const auto plan = plan_read(*query, schema_, std::vector{limits});
    if (!plan) return plan.error().id;
    const ReadSource source{table(), "file_row_number"};
    auto cursor = connection_->query(plan->sql(source), plan->params);
    if (!cursor) return cursor.error().id + ": " + cursor.error().detail;
    std::int64_t rows = 0;
    auto json = duck::read_all(**cursor, duck::Format::Json, 256 << 10, &rows);
    for (std::size_t i = 0; i < plan->columns.size(); ++i) EXPECT_EQ((*cursor)->columns()[i].name, plan->columns[i].name);
    count_ = count(*plan, source);
    EXPECT_EQ(rows, rows_in_page(plan->page, count_));
    for (std::size_t at = 0; (at = json.find("},\n {", at)) != std::string::npos;) json.erase(at + 2, 2);
    return json;
  }

  std::int64_t count(const ReadPlan& plan, const ReadSource& source) {
    auto cursor = connection_->query(plan.count_sql(source), plan.count_params);
    if (!cursor) {
      ADD_FAILURE() << cursor.error().detail;
      return -1;
    }
    return (*cursor)->rows().value().at(0).at(0).to_number<std::int64_t>();
  }

  [[nodiscard]] duck::InstanceOptions options() const {
    duck::InstanceOptions options;
    options.allowed_folders = {folder_.path()};
    return options;
  }

  duck::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "snapshot.parquet";
  std::unique_ptr<duck::Connection> connection_ = duck::connect(options());
  ReadSchema schema_;
  std::int64_t count_ = 0;
};

TEST_F(PlanReadDuckTest, FiltersRowsOfEveryType) {
  make(R"(SELECT * FROM (VALUES
    (1, 'JFK', 1.50::DECIMAL(5,2), true,  DATE '2013-01-01', TIMESTAMP '2013-01-01 05:00:00',    TIMESTAMPTZ '2013-01-01 05:00:00+00', TIME '05:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID, '\x0A\xFF'::BLOB, ['x']),
    (2, 'LGA', 2.25,              false, DATE '2013-06-30', TIMESTAMP '2013-06-30 23:59:59.25', TIMESTAMPTZ '2013-06-30 23:59:59+00', TIME '23:59:59.5', 'ffffffff-9c0b-4ef8-bb6d-6bb9bd380a11', '', []),
    (3, NULL,  NULL,              NULL,  NULL,              NULL,                               NULL,                                 NULL,         NULL,                                   NULL, NULL)
  ) AS v(id, origin, price, ok, day, moment, moment_zone, clock, code, bytes, tags))");
  const std::vector<std::pair<Parameters, std::string>> cases = {
      {{{"id", "gte.2"}}, "2 3"},
      {{{"id", "not.eq.2"}}, "1 3"},
      {{{"origin", "eq.JFK"}}, "1"},
      {{{"origin", "neq.JFK"}}, "2"},
      {{{"origin", "isdistinct.JFK"}}, "2 3"},
      {{{"origin", "not.isdistinct.JFK"}}, "1"},
      {{{"origin", "in.(JFK,LGA,X)"}}, "1 2"},
      {{{"origin", "not.in.(JFK)"}}, "2"},
      {{{"origin", "in.()"}}, ""},
      {{{"origin", "not.in.()"}}, "1 2 3"},
      {{{"origin", "eq(any).{JFK,NULL}"}}, "1"},
      {{{"origin", "not.eq(any).{JFK,NULL}"}}, ""},
      {{{"origin", "like.J*"}}, "1"},
      {{{"origin", "like._G_"}}, "2"},
      {{{"origin", "ilike.*fk"}}, "1"},
      {{{"origin", "like(all).{*F*,J*}"}}, "1"},
      {{{"origin", "is.null"}}, "3"},
      {{{"price", "eq.1.5"}}, "1"},
      {{{"price", "gt.1.499"}}, "1 2"},
      {{{"price", "lte.1.501"}}, "1"},
      {{{"price", "eq.1.501"}}, ""},
      {{{"price", "not.eq.1.501"}}, "1 2"},
      {{{"price", "lt.99999"}}, "1 2"},
      {{{"ok", "is.true"}}, "1"},
      {{{"ok", "not.is.true"}}, "2 3"},
      {{{"ok", "is.unknown"}}, "3"},
      {{{"ok", "eq.false"}}, "2"},
      {{{"day", "gt.2013-01-01"}}, "2"},
      {{{"day", "lt.infinity"}}, "1 2"},
      {{{"moment", "eq.2013-06-30T23:59:59.25Z"}}, "2"},
      {{{"moment_zone", "eq.2013-01-01T06:00:00+01:00"}}, "1"},
      {{{"clock", "gte.23:59:59.5"}}, "2"},
      {{{"code", "eq.A0EEBC999C0B4EF8BB6D6BB9BD380A11"}}, "1"},
      {{{"code", "gt.a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}}, "2"},
      {{{"bytes", "eq.\\x0aff"}}, "1"},
      {{{"tags", "is.not_null"}}, "1 2"},
      {{{"or", "(origin.eq.LGA,and(ok.is.true,not.or(id.gt.1,price.is.null)))"}}, "1 2"},
      {{{"not.and", "(id.lt.3,origin.eq.JFK)"}}, "2 3"},
  };
  for (auto [parameters, expected] : cases) {
    const auto shown = parameters[0].first + "=" + parameters[0].second;
    parameters.emplace_back("select", "id");
    std::string rows;
    for (const char c : read(parameters)) {
      if (std::isdigit(static_cast<unsigned char>(c)) != 0) rows += fmt::format("{}{}", rows.empty() ? "" : " ", c);
    }
    EXPECT_EQ(rows, expected) << shown;
  }
}

TEST_F(PlanReadDuckTest, AnAliasIsNeverTakenForAColumn) {
  make("SELECT * FROM (VALUES (1, 9), (2, 8), (3, 7)) AS v(a, b)");
  EXPECT_EQ(read({{"select", "a:b,b:a"}, {"a", "gt.1"}, {"order", "a.desc"}}), R"([{"a":7,"b":3},{"a":8,"b":2}])");
}

TEST_F(PlanReadDuckTest, PagesOfEqualRowsNeitherOverlapNorLeaveRowsOut) {
  make("SELECT i AS id, i % 3 AS same FROM range(20000) AS r(i)");
  std::string pages;
  for (const std::string offset : {"0", "5", "10"})
    pages += read({{"order", "same"}, {"select", "id"}, {"limit", "5"}, {"offset", offset}});
  std::string whole = read({{"order", "same"}, {"select", "id"}, {"limit", "15"}});
  EXPECT_TRUE(whole.starts_with(R"([{"id":0},{"id":3},{"id":6})")) << whole;
  for (std::size_t at = 0; (at = pages.find("][", at)) != std::string::npos;) pages.replace(at, 2, ",");
  EXPECT_EQ(pages, whole);
}

// Rows without an order come as they lie, whatever DuckDB makes of the filters.
TEST_F(PlanReadDuckTest, RowsKeepTheirOrder) {
  make(
      "SELECT i AS id, i % 7 AS a, 'n' || (i % 1000) AS name, CASE WHEN i % 3 = 0 THEN NULL ELSE i % 11 END AS b FROM range(260000) AS "
      "r(i)");
  auto list = [](std::string_view prefix, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += fmt::format("{}{}{}", i == 0 ? "" : ",", prefix, i * 3);
    return text;
  };
  const std::vector<Parameters> filters = {{},
                                           {{"a", "in.(1,2,3,4,5)"}},
                                           {{"name", "in.(" + list("n", 64) + ")"}},
                                           {{"name", "in.(" + list("n", 200) + ")"}},
                                           {{"name", "not.in.(" + list("n", 200) + ")"}},
                                           {{"or", "(b.in.(1,2,3,4,5,6,7,8),a.is.null,id.in.(" + list("", 100) + "))"}},
                                           {{"not.and", "(a.in.(0,1,2,3,4,5),name.like.*7*,b.not.is.null)"}},
                                           {{"id", "gt.250000"}, {"b", "is.not_null"}, {"name", "ilike.N9*"}}};
  for (const auto& filter : filters) {
    for (const std::string offset : {"3", "700", "25000"}) {
      auto parameters = filter;
      parameters.emplace_back("select", "id");
      parameters.emplace_back("offset", offset);
      parameters.emplace_back("limit", "40");
      SCOPED_TRACE(fmt::format("{} offset {}", filter.empty() ? "" : filter[0].second.substr(0, 40), offset));
      const auto answer = read(parameters);
      std::vector<std::int64_t> ids;
      const auto rows = json::parse(answer);
      for (const auto& row : rows.as_array()) ids.push_back(row.at("id").to_number<std::int64_t>());
      EXPECT_TRUE(std::ranges::is_sorted(ids)) << answer;
      for (int again = 0; again < 3; ++again) EXPECT_EQ(read(parameters), answer);
    }
  }
}

// DuckDB fetches columns late when rows are skipped, and fails within when its statistics have answered a filter before.
TEST_F(PlanReadDuckTest, SkipsRowsBehindFiltersThatHoldForAll) {
  make("SELECT i AS year, 'm' AS maker, 'k' AS kind, 't' AS tail, 'o' AS model, 1 AS engines FROM range(10) AS r(i)");
  EXPECT_EQ(read({{"select", "year"},
                  {"year", "gte.5"},
                  {"maker", "neq.b"},
                  {"or", "(year.gt.3,kind.eq.f,tail.eq.n)"},
                  {"or", "(model.is.null,year.eq.1,engines.lt.1)"},
                  {"limit", "5"},
                  {"offset", "1"}}),
            "[]");
}

TEST_F(PlanReadDuckTest, ZeroFindsMinusZero) {
  make("SELECT * FROM (VALUES (1, -0.0::DOUBLE), (2, 0.5), (3, 0.5)) AS v(id, x)");
  EXPECT_EQ(read({{"x", "eq.0"}, {"select", "id"}}), R"([{"id":1}])");
  EXPECT_EQ(read({{"x", "in.(0,7)"}, {"select", "id"}}), R"([{"id":1}])");
  EXPECT_EQ(read({{"x", "neq.0"}, {"select", "id"}}), R"([{"id":2},{"id":3}])");
  EXPECT_EQ(read({{"x", "not.isdistinct.0"}, {"select", "id"}}), R"([{"id":1}])");
}

// The end of the range that DuckDB makes of a prefix is no UTF-8 where its last byte is the last of its kind.
TEST_F(PlanReadDuckTest, FindsByPrefixesWhateverTheirLastByte) {
  make("SELECT * FROM (VALUES (1, 'п1'), (2, chr(127) || '2'), (3, 'ÿ3'), (4, 'пя'), (5, 'p')) AS v(id, x)");
  EXPECT_EQ(read({{"x", "like.п*"}, {"select", "id"}}), R"([{"id":1},{"id":4}])");
  EXPECT_EQ(read({{"x", "like.п_"}, {"select", "id"}}), R"([{"id":1},{"id":4}])");
  EXPECT_EQ(read({{"x", "like.\x7F*"}, {"select", "id"}}), R"([{"id":2}])");
  EXPECT_EQ(read({{"x", "like.\x7F_"}, {"select", "id"}}), R"([{"id":2}])");
  EXPECT_EQ(read({{"x", "not.like.ÿ*"}, {"select", "id"}}), R"([{"id":1},{"id":2},{"id":4},{"id":5}])");
  EXPECT_EQ(read({{"x", "like(any).{п*,ÿ*}"}, {"select", "id"}}), R"([{"id":1},{"id":3},{"id":4}])");
}

// DuckDB takes from a row group without values that nothing in it is distinct from one.
TEST_F(PlanReadDuckTest, FindsNullsWhereThereIsNothingElse) {
  make("SELECT range AS id, NULL::BIGINT AS x, NULL::VARCHAR AS t, NULL::BOOLEAN AS b FROM range(3)");
  const std::string all = R"([{"id":0},{"id":1},{"id":2}])";
  EXPECT_EQ(read({{"or", "(x.lt.1,x.is.null)"}, {"select", "id"}}), all);
  EXPECT_EQ(read({{"or", "(x.lt.1,b.not.is.true)"}, {"select", "id"}}), all);
  EXPECT_EQ(read({{"or", "(b.is.false,b.not.is.true)"}, {"select", "id"}}), all);
  EXPECT_EQ(read({{"or", "(b.is.false,b.is.true)"}, {"select", "id"}}), "[]");
  for (const auto* column : {"x", "t"}) {
    EXPECT_EQ(read({{column, "isdistinct.1"}, {"select", "id"}}), all) << column;
    EXPECT_EQ(read({{column, "not.isdistinct.1"}, {"select", "id"}}), "[]") << column;
    EXPECT_EQ(read({{"or", fmt::format("({0}.lt.1,{0}.isdistinct.2)", column)}, {"select", "id"}, {"order", "id.desc"}}),
              R"([{"id":2},{"id":1},{"id":0}])")
        << column;
  }
}

TEST_F(PlanReadDuckTest, FindsEveryNaN) {
  make("SELECT * FROM (VALUES (1, 'NaN'::DOUBLE), (2, -('NaN'::DOUBLE)), (3, 1), (4, NULL)) AS v(id, x)");
  EXPECT_EQ(read({{"x", "eq.NaN"}, {"select", "id"}}), R"([{"id":1},{"id":2}])");
  EXPECT_EQ(read({{"x", "isdistinct.NaN"}, {"select", "id"}}), R"([{"id":3},{"id":4}])");
  EXPECT_EQ(read({{"x", "lt.NaN"}, {"select", "id"}}), R"([{"id":3}])");
}

// A row that is not permitted must not be noticed by a cast that it would not survive, whatever the optimizer does.
TEST_F(PlanReadDuckTest, ACastNeverMeetsAFilteredRow) {
  make(
      "SELECT i AS id, CASE WHEN i % 2 = 0 THEN 'open' ELSE 'closed' END AS kind, CASE WHEN i % 2 = 0 THEN (i % 10)::VARCHAR ELSE 'secret' "
      "END AS text "
      "FROM range(50000) AS r(i)");
  const GrantLimits limits{"kind=eq.open", {"kind"}};
  EXPECT_EQ(read({{"select", "n:text::int"}, {"text", "gte.0"}, {"limit", "2"}}, limits), R"([{"n":0},{"n":2}])");
  EXPECT_EQ(read({{"select", "n:text::int"}, {"limit", "2"}, {"offset", "24000"}}, limits), R"([{"n":0},{"n":2}])");
  EXPECT_EQ(read({{"select", "n:text::int"}, {"order", "text.desc"}, {"limit", "2"}}, limits), R"([{"n":8},{"n":8}])");
  EXPECT_EQ(count_, 25000);
  EXPECT_NE(read({{"select", "n:text::int"}}).find("query.conversion"), std::string::npos)
      << "without limits the cast fails: the test tests something";
}

TEST_F(PlanReadDuckTest, HiddenColumnsAndRowsAreGone) {
  make("SELECT * FROM (VALUES (1, 'JFK', 'x'), (2, 'LGA', 'y'), (3, 'JFK', 'z')) AS v(id, origin, secret)");
  const GrantLimits limits{"origin=eq.JFK", {"secret", "origin"}};
  EXPECT_EQ(read({}, limits), R"([{"id":1},{"id":3}])");
  EXPECT_EQ(read({{"id", "eq.2"}}, limits), "[]");
  EXPECT_EQ(count_, 0);
  for (const Parameters& curious :
       {Parameters{{"secret", "eq.y"}}, {{"order", "origin"}}, {{"select", "secret"}}, {{"or", "(id.eq.2,origin.eq.LGA)"}}}) {
    EXPECT_EQ(read(curious, limits), "data.unknown_column");
  }
}

TEST_F(PlanReadDuckTest, PatternsOnLongTextsAreFast) {
  make("SELECT repeat('a', 20000) || i AS text FROM range(50) AS r(i)");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(read({{"text", "like.*a*a*a*a*a*a*b"}}), "[]");
  EXPECT_EQ(read({{"text", "ilike.*A*a*A*a*b"}}), "[]");
  EXPECT_EQ(read({{"text", "like.*_b*"}}), "[]");
  // Linear: milliseconds. A matcher that tries every split of the text would be busy for hours.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST_F(PlanReadDuckTest, NamesAreQuoted) {
  make(R"(SELECT 1 AS "order", 2 AS "a ""b"".c", 3 AS "select")");
  EXPECT_EQ(read({{"select", R"(order,"a \"b\".c",select)"}, {"\"order\"", "eq.1"}, {R"("a \"b\".c")", "eq.2"}, {"order", "select.desc"}}),
            R"([{"order":1,"a \"b\".c":2,"select":3}])");
}

TEST_F(PlanReadDuckTest, EveryAllowedCastRuns) {
  make(
      R"(SELECT 1::TINYINT AS a, 2::UBIGINT AS b, 3::HUGEINT AS c, 1.5::DOUBLE AS d, 2.5::FLOAT AS e, 1.25::DECIMAL(5,2) AS f, '7' AS g, true AS h,
    DATE '2013-01-01' AS i, TIMESTAMP '2013-01-01 05:00:00' AS j, TIMESTAMPTZ '2013-01-01 05:00:00+00' AS k, TIME '05:00' AS l,
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID AS m, [1, 2] AS n)");
  const std::vector<std::string> casts = {"text", "int2", "int4", "int8",      "float4",      "float8", "numeric",
                                          "bool", "date", "time", "timestamp", "timestamptz", "uuid"};
  int ran = 0;
  for (const auto& column : schema_) {
    for (const auto& cast : casts) {
      const auto answer = read({{"select", fmt::format("{}::{}", column.name, cast)}});
      if (answer == "data.cast") continue;
      ++ran;
      if (column.name == "g" && answer.find("query.conversion") != std::string::npos) continue;  // '7' is no date
      EXPECT_TRUE(answer.starts_with("[{")) << column.type << "::" << cast << " " << answer;
    }
  }
  EXPECT_GT(ran, 70);
}

}  // namespace
}  // namespace weft
