#include "mesh/delivery/read_query.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// The tree as text, so that a table of cases can be read.
std::string show(const Condition& condition) {
  constexpr std::array<std::string_view, 11> kOperators = {"=", "<>", ">", ">=", "<", "<=", "like", "ilike", "in", "is", "isdistinct"};
  constexpr std::array<std::string_view, 5> kWords = {"null", "not_null", "true", "false", "unknown"};
  std::string text = fmt::format("{} {}", condition.column, kOperators[static_cast<std::size_t>(condition.op)]);
  if (condition.quantifier == Quantifier::Any) text += " any";
  if (condition.quantifier == Quantifier::All) text += " all";
  if (condition.op == Operator::Is) return fmt::format("{} {}", text, kWords[static_cast<std::size_t>(condition.word)]);
  for (const auto& value : condition.values) text += value ? fmt::format(" [{}]", *value) : " NULL";
  return text;
}

std::string show(const Logic& logic) {
  std::string text = logic.negation == Negation::Negated ? "!" : "";
  if (logic.kind == Logic::Kind::Condition) return text + show(logic.condition);
  text += logic.kind == Logic::Kind::And ? "and(" : "or(";
  for (std::size_t i = 0; i < logic.parts.size(); ++i) text += (i == 0 ? "" : ", ") + show(logic.parts[i]);
  return text + ")";
}

std::string show(const Error& error) { return error.id + ": " + error.message; }

Result<ReadQuery> parse(Parameters parameters) {
  ReadRequest request;
  request.parameters = std::move(parameters);
  return parse_read_query(request);
}

struct FilterCase {
  std::string name, value, expected;  // expected: the tree, or the error's id
};

class FilterTest : public testing::TestWithParam<FilterCase> {};

TEST_P(FilterTest, IsParsed) {
  const auto& [name, value, expected] = GetParam();
  const auto query = parse({{name, value}});
  if (!query) {
    EXPECT_EQ(query.error().id, expected) << query.error().message;
    EXPECT_FALSE(query.error().message.empty());
    return;
  }
  ASSERT_EQ(query->filters.size(), 1U);
  EXPECT_EQ(show(query->filters[0]), expected);
}

INSTANTIATE_TEST_SUITE_P(Operators, FilterTest,
                         testing::Values(FilterCase{"a", "eq.1", "a = [1]"}, FilterCase{"a", "neq.x y", "a <> [x y]"},
                                         FilterCase{"a", "gt.1", "a > [1]"}, FilterCase{"a", "gte.1", "a >= [1]"},
                                         FilterCase{"a", "lt.1", "a < [1]"}, FilterCase{"a", "lte.1", "a <= [1]"},
                                         FilterCase{"a", "eq.", "a = []"}, FilterCase{"a", "eq.1.5", "a = [1.5]"},
                                         FilterCase{"a", "eq.(x,y)", "a = [(x,y)]"}, FilterCase{"a", "eq.\"x\"", "a = [\"x\"]"},
                                         FilterCase{"a", "like.*x*", "a like [*x*]"}, FilterCase{"a", "ilike.x_", "a ilike [x_]"},
                                         FilterCase{"a", "isdistinct.1", "a isdistinct [1]"}, FilterCase{"a", "not.eq.1", "!a = [1]"},
                                         FilterCase{"a", "not.in.(1)", "!a in [1]"}, FilterCase{"a", "eq.not.eq.1", "a = [not.eq.1]"}));

INSTANTIATE_TEST_SUITE_P(Is, FilterTest,
                         testing::Values(FilterCase{"a", "is.null", "a is null"}, FilterCase{"a", "is.NULL", "a is null"},
                                         FilterCase{"a", "is.not_null", "a is not_null"}, FilterCase{"a", "not.is.null", "!a is null"},
                                         FilterCase{"a", "is.true", "a is true"}, FilterCase{"a", "is.False", "a is false"},
                                         FilterCase{"a", "is.unknown", "a is unknown"}, FilterCase{"a", "is.nullx", "data.syntax"},
                                         FilterCase{"a", "is.null,", "data.syntax"}, FilterCase{"a", "is.", "data.syntax"},
                                         FilterCase{"a", "is.1", "data.syntax"}));

INSTANTIATE_TEST_SUITE_P(Lists, FilterTest,
                         testing::Values(FilterCase{"a", "in.(1,2,3)", "a in [1] [2] [3]"}, FilterCase{"a", "in.()", "a in"},
                                         FilterCase{"a", "in.(\"\")", "a in []"}, FilterCase{"a", "in.(x)", "a in [x]"},
                                         FilterCase{"a", "in.(,)", "a in [] []"}, FilterCase{"a", "in.(a b, c)", "a in [a b] [ c]"},
                                         FilterCase{"a", "in.(\"a,b\",\"c)\")", "a in [a,b] [c)]"},
                                         FilterCase{"a", R"(in.("q\"q","s\\s"))", R"(a in [q"q] [s\s])"},
                                         FilterCase{"a", "in.(\"a\"b,c)", "a in [\"a\"b] [c]"}, FilterCase{"a", "in.(a\"b)", "a in [a\"b]"},
                                         FilterCase{"a", "in.(null)", "a in [null]"}, FilterCase{"a", "in.(1,2", "data.syntax"},
                                         FilterCase{"a", "in.1,2", "data.syntax"}, FilterCase{"a", "in.(1)x", "data.syntax"},
                                         FilterCase{"a", "in.", "data.syntax"}, FilterCase{"a", "in(any).{1}", "data.syntax"}));

INSTANTIATE_TEST_SUITE_P(
    Quantifiers, FilterTest,
    testing::Values(FilterCase{"a", "eq(any).{1,2}", "a = any [1] [2]"}, FilterCase{"a", "like(any).{O*,P*}", "a like any [O*] [P*]"},
                    FilterCase{"a", "gt(all).{1}", "a > all [1]"}, FilterCase{"a", "not.ilike(all).{x}", "!a ilike all [x]"},
                    FilterCase{"a", "eq(any).{}", "a = any"}, FilterCase{"a", "eq(any).{NULL,1}", "a = any NULL [1]"},
                    FilterCase{"a", "eq(any).{\"NULL\"}", "a = any [NULL]"},
                    FilterCase{"a", "eq(any).{ a , \" b \" }", "a = any [a] [ b ]"}, FilterCase{"a", R"(eq(any).{a\,b})", "a = any [a,b]"},
                    FilterCase{"a", "eq(any).{a,}", "data.syntax"}, FilterCase{"a", "eq(any).{{a}}", "data.syntax"},
                    FilterCase{"a", "eq(any).a", "data.syntax"}, FilterCase{"a", "eq(any).{a}b", "data.syntax"},
                    FilterCase{"a", "eq(some).{a}", "data.syntax"}, FilterCase{"a", "neq(any).{a}", "data.syntax"},
                    FilterCase{"a", R"(eq(any).{a\)", "data.syntax"}));

INSTANTIATE_TEST_SUITE_P(Trees, FilterTest,
                         testing::Values(FilterCase{"or", "(a.eq.1,b.gt.2)", "or(a = [1], b > [2])"},
                                         FilterCase{"and", "(a.eq.1)", "and(a = [1])"}, FilterCase{"not.or", "(a.eq.1)", "!or(a = [1])"},
                                         FilterCase{"not.and", "(a.eq.1,b.is.null)", "!and(a = [1], b is null)"},
                                         FilterCase{"or", "(a.eq.1,and(b.eq.2,not.or(c.eq.3,d.not.eq.4)))",
                                                    "or(a = [1], and(b = [2], !or(c = [3], !d = [4])))"},
                                         FilterCase{"or", " ( a.eq.1 , b.eq.2 ) ", "or(a = [1 ], b = [2 ])"},
                                         FilterCase{"or", "(a.in.(1,2),b.in.(\"x,y\"))", "or(a in [1] [2], b in [x,y])"},
                                         FilterCase{"or", "(a.eq.\"x,y)\",b.eq.2)", "or(a = [x,y)], b = [2])"},
                                         FilterCase{"or", "(a.eq.,b.eq.2)", "or(a = [], b = [2])"},
                                         FilterCase{"or", "(a.like(any).{x,y},b.eq.1)", "or(a like any [x] [y], b = [1])"},
                                         FilterCase{"or", "(\"a.b\".eq.1)", "or(a.b = [1])"},
                                         FilterCase{"or", "(and.eq.1,not.eq.2,or.is.null)", "or(and = [1], not = [2], or is null)"},
                                         FilterCase{"or", "(order.eq.1)", "or(order = [1])"}, FilterCase{"or", "()", "data.syntax"},
                                         FilterCase{"or", "(a.eq.1", "data.syntax"}, FilterCase{"or", "a.eq.1", "data.syntax"},
                                         FilterCase{"or", "(a.eq.1)x", "data.syntax"}, FilterCase{"or", "(a.eq.1,)", "data.syntax"},
                                         FilterCase{"or", "(a)", "data.syntax"}, FilterCase{"or", "(xor(a.eq.1))", "data.syntax"},
                                         FilterCase{"or", "(a.in.1,2)", "data.syntax"}, FilterCase{"or", "", "data.syntax"}));

INSTANTIATE_TEST_SUITE_P(Names, FilterTest,
                         testing::Values(FilterCase{"Unit Price", "eq.1", "Unit Price = [1]"}, FilterCase{"a-b", "eq.1", "a-b = [1]"},
                                         FilterCase{"\"a.b\"", "eq.1", "a.b = [1]"}, FilterCase{"\"order\"", "eq.1", "order = [1]"},
                                         FilterCase{"\"q\\\"q\"", "eq.1", "q\"q = [1]"}, FilterCase{"größe", "eq.1", "größe = [1]"},
                                         FilterCase{" a ", "eq.1", "a = [1]"}, FilterCase{"", "eq.1", "data.syntax"},
                                         FilterCase{"\"a", "eq.1", "data.syntax"}, FilterCase{"\"\"", "eq.1", "data.syntax"},
                                         FilterCase{"a(b)", "eq.1", "data.syntax"}, FilterCase{"a.b", "eq.1", "data.embedded_filter"},
                                         FilterCase{"a.order", "b", "data.embedded_filter"},
                                         FilterCase{"a->b", "eq.1", "data.not_supported"},
                                         FilterCase{"a->>b", "eq.1", "data.not_supported"}, FilterCase{"columns", "a,b", "data.syntax"},
                                         FilterCase{"on_conflict", "a", "data.syntax"}));

INSTANTIATE_TEST_SUITE_P(
    Refused, FilterTest,
    testing::Values(FilterCase{"a", "match.^x", "data.not_supported"}, FilterCase{"a", "imatch.^x", "data.not_supported"},
                    FilterCase{"a", "not.match.^x", "data.not_supported"}, FilterCase{"a", "fts.x", "data.not_supported"},
                    FilterCase{"a", "wfts(english).x", "data.not_supported"}, FilterCase{"a", "cs.{1}", "data.not_supported"},
                    FilterCase{"a", "ov.[1,2]", "data.not_supported"}, FilterCase{"a", "1", "data.syntax"},
                    FilterCase{"a", "", "data.syntax"}, FilterCase{"a", "noop.1", "data.syntax"}, FilterCase{"a", "eq", "data.syntax"},
                    FilterCase{"a", "not.not.eq.1", "data.syntax"}, FilterCase{"a", "EQ.1", "data.syntax"}));

TEST(SelectTest, IsParsed) {
  const auto query = parse({{"select", "a, x:b ,c::text,\"d.e\":\"f,g\"::double precision,*"}});
  ASSERT_TRUE(query) << show(query.error());
  const std::vector<SelectItem> expected = {
      {"a", "", ""}, {"b", "x", ""}, {"c", "", "text"}, {"f,g", "d.e", "double precision"}, {"", "", ""}};
  EXPECT_EQ(query->select, expected);
}

TEST(SelectTest, IsEverythingByDefault) {
  const auto query = parse({});
  ASSERT_TRUE(query);
  EXPECT_EQ(query->select, std::vector<SelectItem>{SelectItem{}});
}

TEST(SelectTest, RefusesWhatItCanNot) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"client(id)", "data.embedding"},
                                                                  {"x:client(id)", "data.embedding"},
                                                                  {"a,...client(id)", "data.embedding"},
                                                                  {"client!inner(id)", "data.embedding"},
                                                                  {"count()", "data.aggregate"},
                                                                  {"n:count()", "data.aggregate"},
                                                                  {"a.sum()", "data.aggregate"},
                                                                  {"a::int.max()", "data.aggregate"},
                                                                  {"a->b", "data.not_supported"},
                                                                  {"x:a->>b", "data.not_supported"},
                                                                  {"", "data.syntax"},
                                                                  {"a,", "data.syntax"},
                                                                  {"a::", "data.syntax"},
                                                                  {":a", "data.syntax"},
                                                                  {"a b:c:d", "data.syntax"},
                                                                  {"*a", "data.syntax"},
                                                                  {"a::numeric(10,2)", "data.syntax"},
                                                                  {"\"a", "data.syntax"}};
  for (const auto& [select, id] : cases) {
    const auto query = parse({{"select", select}});
    ASSERT_FALSE(query) << select;
    EXPECT_EQ(query.error().id, id) << select << ": " << query.error().message;
  }
}

TEST(OrderTest, IsParsed) {
  const auto query = parse({{"order", "a,b.desc,c.asc.nullsfirst, d.nullslast ,\"e.f\".desc.nullslast"}});
  ASSERT_TRUE(query) << show(query.error());
  const std::vector<OrderKey> expected = {{"a", Direction::Ascending, Nulls::ByDirection},
                                          {"b", Direction::Descending, Nulls::ByDirection},
                                          {"c", Direction::Ascending, Nulls::First},
                                          {"d", Direction::Ascending, Nulls::Last},
                                          {"e.f", Direction::Descending, Nulls::Last}};
  EXPECT_EQ(query->order, expected);
}

TEST(OrderTest, RefusesWhatItCanNot) {
  for (const std::string order : {"", "a.down", "a.ascx", "a.nullsfirst.desc", "a,", "a b.desc.x", "a.asc.desc"}) {
    const auto query = parse({{"order", order}});
    ASSERT_FALSE(query) << order;
    EXPECT_EQ(query.error().id, "data.syntax") << order;
  }
  EXPECT_EQ(parse({{"order", "clients(name)"}}).error().id, "data.embedding");
}

struct PageCase {
  Parameters parameters;
  std::string range, range_unit;
  std::optional<RowPage> expected;  // nullopt: 416
};

TEST(PageTest, CombinesRangeWithLimitAndOffset) {
  const std::vector<PageCase> cases = {
      {{}, "", "", RowPage{0, {}}},
      {{{"limit", "10"}}, "", "", RowPage{0, 10}},
      {{{"offset", "5"}}, "", "", RowPage{5, {}}},
      {{{"limit", "10"}, {"offset", "5"}}, "", "", RowPage{5, 10}},
      {{{"limit", "0"}}, "", "", RowPage{0, 0}},
      {{{"limit", "0"}, {"offset", "5"}}, "3-4", "", RowPage{0, 0}},
      {{{"limit", "9223372036854775807"}, {"offset", "5"}}, "", "", RowPage{5, {}}},
      {{}, "0-9", "", RowPage{0, 10}},
      {{}, "0-0", "", RowPage{0, 1}},
      {{}, "10-", "", RowPage{10, {}}},
      {{}, "10-19", "items", RowPage{10, 10}},
      {{}, "items=10-19", "", RowPage{10, 10}},
      {{}, "bytes=10-19", "", RowPage{0, {}}},
      {{}, "10-19", "bytes", RowPage{0, {}}},
      {{}, "-5", "", RowPage{0, {}}},
      {{}, "a-b", "", RowPage{0, {}}},
      {{}, "1-2,5-6", "", RowPage{0, {}}},
      {{}, "0-99999999999999999999", "", RowPage{0, {}}},
      {{{"limit", "5"}}, "3-9", "", RowPage{3, 2}},
      {{{"offset", "5"}}, "3-9", "", RowPage{5, 5}},
      {{}, "9-3", "", std::nullopt},
      {{{"limit", "3"}}, "3-9", "", std::nullopt},
      {{{"limit", "-1"}}, "", "", std::nullopt},
      {{{"offset", "-1"}}, "", "", std::nullopt},
  };
  for (const auto& [parameters, range, range_unit, expected] : cases) {
    ReadRequest request;
    request.parameters = parameters;
    request.range = range;
    request.range_unit = range_unit;
    const auto query = parse_read_query(request);
    SCOPED_TRACE(fmt::format("{} {}", range, parameters.empty() ? "" : parameters[0].second));
    if (expected) {
      ASSERT_TRUE(query) << show(query.error());
      EXPECT_EQ(query->page, *expected);
    } else {
      ASSERT_FALSE(query);
      EXPECT_EQ(query.error().id, "data.range");
      EXPECT_EQ(query.error().kind, ErrorKind::RangeNotSatisfiable);
    }
  }
}

TEST(PageTest, RefusesWhatIsNoNumber) {
  for (const std::string text : {"", "x", "1.5", " 1", "1 ", "+1", "0x1", "99999999999999999999"}) {
    EXPECT_EQ(parse({{"limit", text}}).error().id, "data.syntax") << text;
    EXPECT_EQ(parse({{"offset", text}}).error().id, "data.syntax") << text;
  }
  EXPECT_EQ(parse({{"offset", "1000000000001"}}).error().id, "data.limit_exceeded");
}

TEST(PreferTest, IsRead) {
  struct Case {
    std::string prefer;
    CountMode count;
    std::string applied;
  };
  const std::vector<Case> cases = {{"", CountMode::None, ""},
                                   {"count=exact", CountMode::Exact, "count=exact"},
                                   {"count=planned", CountMode::Planned, "count=planned"},
                                   {" return=minimal , count=estimated", CountMode::Estimated, "count=estimated"},
                                   {"count=exact, count=planned", CountMode::Exact, "count=exact"},
                                   {"count=some, foo", CountMode::None, ""},
                                   {"handling=strict, count=exact", CountMode::Exact, "count=exact, handling=strict"},
                                   {"handling=lenient, foo", CountMode::None, "handling=lenient"}};
  for (const auto& [prefer, count, applied] : cases) {
    ReadRequest request;
    request.prefer = prefer;
    const auto query = parse_read_query(request);
    ASSERT_TRUE(query) << prefer;
    EXPECT_EQ(query->count, count) << prefer;
    EXPECT_EQ(query->preference_applied, applied) << prefer;
  }
  ReadRequest request;
  request.prefer = "handling=strict, foo, tx=commit";
  const auto query = parse_read_query(request);
  ASSERT_FALSE(query);
  EXPECT_EQ(show(query.error()), "data.preference: Invalid preferences: foo");
}

TEST(ProfileTest, IsPublicOrNone) {
  ReadRequest request;
  request.accept_profile = "public";
  EXPECT_TRUE(parse_read_query(request));
  request.accept_profile = "private";
  EXPECT_EQ(parse_read_query(request).error().kind, ErrorKind::NotAcceptable);
}

TEST(RepeatedTest, FiltersAddUpButNothingElseMayBeRepeated) {
  const auto query = parse({{"a", "gt.1"}, {"a", "lt.5"}});
  ASSERT_TRUE(query);
  EXPECT_EQ(query->filters.size(), 2U);
  for (const std::string name : {"select", "order", "limit", "offset"}) {
    const std::string value = name == "limit" || name == "offset" ? "1" : "a";
    EXPECT_EQ(parse({{name, value}, {name, value}}).error().id, "data.syntax") << name;
  }
}

TEST(LimitsTest, HoldExactly) {
  auto repeat = [](std::string_view piece, std::size_t count, std::string_view separator) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : std::string(separator)) + std::string(piece);
    return text;
  };
  auto nested = [](int depth) {
    std::string text = "a.eq.1";
    for (int i = 1; i < depth; ++i) text = "and(" + text + ")";
    return "(" + text + ")";
  };
  struct Case {
    std::string what;
    Parameters at_most, too_much;
  };
  const std::vector<Case> cases = {
      {"bytes",
       {{"a", "in.(" + repeat("12345678901234567890", 779, ",") + ",1234567890)"}},
       {{"a", "in.(" + repeat("12345678901234567890", 780, ",") + ")"}}},
      {"value", {{"a", "eq." + std::string(kMaxValueBytes, 'x')}}, {{"a", "eq." + std::string(kMaxValueBytes + 1, 'x')}}},
      {"list value",
       {{"a", "in.(" + std::string(kMaxValueBytes, 'x') + ")"}},
       {{"a", "in.(" + std::string(kMaxValueBytes + 1, 'x') + ")"}}},
      {"list", {{"a", "in.(" + repeat("1", kMaxListItems, ",") + ")"}}, {{"a", "in.(" + repeat("1", kMaxListItems + 1, ",") + ")"}}},
      {"array",
       {{"a", "eq(any).{" + repeat("1", kMaxListItems, ",") + "}"}},
       {{"a", "eq(any).{" + repeat("1", kMaxListItems + 1, ",") + "}"}}},
      {"patterns",
       {{"a", "like(any).{" + repeat("x*", kMaxConditions, ",") + "}"}},
       {{"a", "like(any).{" + repeat("x*", kMaxConditions + 1, ",") + "}"}}},
      {"conditions", Parameters(kMaxConditions, {"a", "eq.1"}), Parameters(kMaxConditions + 1, {"a", "eq.1"})},
      {"conditions in a tree",
       {{"or", "(" + repeat("a.eq.1", kMaxConditions, ",") + ")"}},
       {{"or", "(" + repeat("a.eq.1", kMaxConditions + 1, ",") + ")"}}},
      {"depth", {{"or", nested(kMaxLogicDepth)}}, {{"or", nested(kMaxLogicDepth + 1)}}},
      {"order", {{"order", repeat("a", kMaxOrderKeys, ",")}}, {{"order", repeat("a", kMaxOrderKeys + 1, ",")}}},
      {"select", {{"select", repeat("a", kMaxSelectItems, ",")}}, {{"select", repeat("a", kMaxSelectItems + 1, ",")}}},
  };
  for (const auto& [what, at_most, too_much] : cases) {
    const auto fits = parse(at_most);
    EXPECT_TRUE(fits) << what << ": " << fits.error().message;
    const auto query = parse(too_much);
    ASSERT_FALSE(query) << what;
    EXPECT_EQ(query.error().id, "data.limit_exceeded") << what;
  }
}

TEST(LimitsTest, DeepNestingIsRefusedBeforeItIsWalked) {
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += "(and";
  const auto query = parse({{"or", deep}});
  ASSERT_FALSE(query);
}

TEST(ErrorTest, NamesThePlaceAndShortensWhatItQuotes) {
  const auto query = parse({{"month", "noop.1"}});
  ASSERT_FALSE(query);
  EXPECT_EQ(show(query.error()),
            "data.syntax: failed to parse the filter on 'month' (noop.1): expected an operator at character 1, found 'noop.1'");
  const auto longer = parse({{std::string(5000, 'm'), "noop." + std::string(5000, 'x')}});
  ASSERT_FALSE(longer);
  EXPECT_LT(longer.error().message.size(), 500U);
}

TEST(RowFilterTest, IsAQueryStringOfFilters) {
  const auto filters = parse_row_filter("origin=eq.JFK&carrier=in.(AA,UA)&or=(month.eq.1,name.eq.A%26B+C)");
  ASSERT_TRUE(filters) << show(filters.error());
  ASSERT_EQ(filters->size(), 3U);
  EXPECT_EQ(show((*filters)[0]), "origin = [JFK]");
  EXPECT_EQ(show((*filters)[1]), "carrier in [AA] [UA]");
  EXPECT_EQ(show((*filters)[2]), "or(month = [1], name = [A&B C])");
  EXPECT_TRUE(parse_row_filter("")->empty());
}

TEST(RowFilterTest, RefusesEverythingElse) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"select=a", "data.syntax"},
                                                                  {"order=a", "data.syntax"},
                                                                  {"limit=1", "data.syntax"},
                                                                  {"offset=1", "data.syntax"},
                                                                  {"a=eq.1&&b=eq.2", "data.syntax"},
                                                                  {"a", "data.syntax"},
                                                                  {"a=like.A%", "data.malformed_filter"},
                                                                  {"a=eq.%zz", "data.malformed_filter"},
                                                                  {"a=eq.%00", "data.malformed_filter"},
                                                                  {"a=eq.%ff", "data.malformed_filter"},
                                                                  {"a=match.x", "data.not_supported"},
                                                                  {std::string(kMaxQueryBytes + 1, 'a'), "data.limit_exceeded"}};
  for (const auto& [text, id] : cases) {
    const auto filters = parse_row_filter(text);
    ASSERT_FALSE(filters) << text;
    EXPECT_EQ(filters.error().id, id) << text;
  }
}

}  // namespace
}  // namespace weft
