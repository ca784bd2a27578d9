// Generated queries, good and broken: whatever comes in, the parser and the planner end, and a plan never holds more
// than the permitted view. The seed is fixed; WEFT_SEED and WEFT_ROUNDS try others.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "base/utf8.h"
#include "mesh/delivery/plan_read.h"
#include "mesh/delivery/postgrest_error.h"

namespace weft {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

const ReadSchema kSchema = {{"id", "BIGINT"},    {"name", "VARCHAR"},      {"price", "DECIMAL(5,2)"},          {"x", "DOUBLE"},
                            {"ok", "BOOLEAN"},   {"day", "DATE"},          {"at", "TIMESTAMP WITH TIME ZONE"}, {"tags", "VARCHAR[]"},
                            {"hush", "VARCHAR"}, {"HIDDEN two", "INTEGER"}};
const std::vector<GrantLimits> kLimits = {{"hush=eq.public&id=gt.0", {"hush"}}, {"", {"hidden TWO"}}};

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t count) { return random_() % count; }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  std::string pick(const std::vector<std::string>& words) { return words[below(words.size())]; }

  std::string name() {
    if (chance(60)) return pick({"id", "name", "price", "x", "day"});
    return pick({"id", "name", "price", "x", "ok", "day", "at", "tags", "hush", "HIDDEN two", "\"HIDDEN two\"", "\"hush\"", "Hush",
                 "nowhere", "row_number_", "file_row_number"});
  }
  std::string value() {
    return pick({"1",   "-1",    "0",   "-0.0",     "1.005", "1e3",        "99999999999999999999", "abc",      "",    "JFK",
                 "*a*", "%_%",   "a\\", "true",     "null",  "2013-01-01", "2013-01-01T05:00:00Z", "infinity", "NaN", "(",
                 ")",   "{a,b}", "{}",  "{1,NULL}", "\"q\"", "';--",       "t.\"hush\"",           "ä",        "1,2"});
  }
  std::string operation() {
    const auto op = pick({"eq", "neq", "gt", "gte", "lt", "lte", "like", "ilike", "isdistinct", "in", "is", "eq(any)", "like(all)",
                          "gt(any)", "match", "fts", "cs", "noop"});
    auto text = value();
    if (op == "in") text = fmt::format("({},\"{}\",{})", value(), "x", value());
    if (op == "is") text = pick({"null", "not_null", "true", "unknown", "maybe"});
    if (op.ends_with(")")) text = "{" + value() + "," + value() + "}";
    return (chance(20) ? "not." : "") + op + "." + text;
  }
  std::string logic(int depth) {
    std::string text = "(";
    for (std::size_t i = 0, count = 1 + below(3); i < count; ++i) {
      text += i == 0 ? "" : ",";
      if (depth > 0 && chance(30)) {
        text += pick({"and", "or", "not.and", "not.or"}) + logic(depth - 1);
      } else {
        text += name() + "." + operation();
      }
    }
    return text + ")";
  }
  std::string list(const std::vector<std::string>& endings) {
    std::string text;
    for (std::size_t i = 0, count = 1 + below(4); i < count; ++i)
      text += (i == 0 ? "" : ",") + (chance(20) ? name() + ":" : "") + name() + pick(endings);
    return text;
  }
  // Any byte changed, inserted or lost.
  std::string spoil(std::string text) {
    for (int i = 0; i < 3 && !text.empty(); ++i) {
      const auto at = below(text.size());
      const auto byte = static_cast<char>(chance(70) ? pick({"(", ")", ",", ".", "\"", "\\", "{", "}", ":", "-", ">", "*", "%", " "})[0]
                                                     : 1 + below(255));
      if (chance(40)) text[at] = byte;
      if (chance(40)) text.insert(at, 1, byte);
      if (chance(20)) text.erase(at, 1);
    }
    return text;
  }
  Parameters parameters() {
    Parameters parameters;
    if (chance(60))
      parameters.emplace_back("select", chance(20) ? "*" : list({"", "", "", "::text", "::int", "::money", "->a", "(id)", ".sum()"}));
    for (std::size_t i = 0, count = below(4); i < count; ++i) parameters.emplace_back(name(), operation());
    if (chance(40)) parameters.emplace_back(pick({"and", "or", "not.and", "not.or"}), logic(3));
    if (chance(40)) parameters.emplace_back("order", list({"", ".desc", ".asc.nullsfirst", ".nullslast", ".up"}));
    if (chance(40)) parameters.emplace_back("limit", pick({"0", "1", "10", "-1", "x", "9223372036854775807"}));
    if (chance(30)) parameters.emplace_back("offset", pick({"0", "5", "1000000000000", "9999999999999"}));
    for (auto& [key, text] : parameters) {
      if (chance(10)) text = spoil(text);
      if (chance(3)) key = spoil(key);
    }
    return parameters;
  }

 private:
  std::mt19937_64 random_;
};

std::string show(const Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  return text;
}

// The SQL without what stands in quotes of either kind.
std::string bare(std::string_view sql, char quote) {
  std::string text;
  bool inside = false;
  for (const char c : sql) {
    if (c == quote) inside = !inside;
    if (!inside && c != quote) text += c;
  }
  return text;
}

void check_plan(const ReadPlan& plan, const Parameters& parameters) {
  SCOPED_TRACE(show(parameters));
  const ReadSource source{"source", "file_row_number"};
  for (const auto& sql : {plan.sql(source), plan.count_sql(source)}) {
    // Hidden columns appear in the row filter only.
    EXPECT_EQ(sql.find("t.\"hush\""), std::string::npos) << sql;
    EXPECT_EQ(sql.find(".\"HIDDEN two\""), std::string::npos) << sql;
    EXPECT_NE(sql.find(R"(FROM source AS s WHERE (s."hush" = CAST(? AS VARCHAR) AND s."id" > CAST(? AS BIGINT))) AS t)"), std::string::npos)
        << sql;
    const auto plain = bare(sql, '"');
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(plain, '?')), plan.params.size()) << sql;
    for (const char suspicious : {';', '#', '-', '/', '{', '['})
      EXPECT_EQ(plain.find(suspicious), std::string::npos) << suspicious << " in " << sql;
  }
  ASSERT_GE(plan.params.size(), 2U);
  EXPECT_EQ(plan.params[0], ReadValue("public"));
  std::set<std::string> names;
  for (const auto& column : plan.columns) EXPECT_TRUE(names.insert(column.name).second) << column.name;
}

TEST(GeneratedQueriesTest, AreAnsweredByAPlanOfThePermittedViewOrByAnError) {
  const auto seed = setting("WEFT_SEED", 20260101), rounds = setting("WEFT_ROUNDS", 20'000);
  Generator generator(seed);
  std::size_t planned = 0;
  std::map<std::string, std::size_t> errors;
  for (std::uint64_t round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    ReadRequest request;
    request.parameters = generator.parameters();
    const auto query = parse_read_query(request);
    const auto plan = query ? plan_read(*query, kSchema, kLimits) : Result<ReadPlan>(std::unexpected(query.error()));
    if (!plan) {
      ++errors[plan.error().id];
      ASSERT_TRUE(plan.error().id.starts_with("data.")) << show(request.parameters);
      ASSERT_NE(plan.error().id, "data.port_closed") << show(request.parameters);
      ASSERT_FALSE(plan.error().message.empty()) << show(request.parameters);
      ASSERT_LT(plan.error().message.size(), 600U) << show(request.parameters);
      continue;
    }
    ++planned;
    check_plan(*plan, request.parameters);
    // Filters in another order are the same query.
    std::ranges::reverse(request.parameters);
    const auto reversed = plan_read(*parse_read_query(request), kSchema, kLimits);
    ASSERT_TRUE(reversed);
    ASSERT_EQ(plan->canonical, reversed->canonical) << show(request.parameters);
  }
  // The generator must reach both sides of everything.
  if (rounds < 20'000) return;
  EXPECT_GT(planned, rounds / 50) << "seed " << seed;
  for (const std::string id : {"data.syntax", "data.unknown_column", "data.invalid_value", "data.not_supported", "data.operator_mismatch",
                               "data.aggregate", "data.embedding", "data.cast", "data.unknown_type", "data.duplicate_column", "data.range",
                               "data.limit_exceeded", "data.like_escape"}) {
    EXPECT_GT(errors[id], 0U) << id << ", seed " << seed;
  }
}

TEST(GeneratedQueriesTest, RandomBytesAreNoDanger) {
  std::mt19937_64 random(setting("WEFT_SEED", 20260102));
  const std::string alphabet = "aid.eq(),\"\\{}:*%->not.and or=in is null::text desc\t\x01\xc3\xa4\xff'";
  for (std::uint64_t round = 0; round < setting("WEFT_ROUNDS", 20'000); ++round) {
    auto text = [&] {
      std::string bytes(random() % 40, ' ');
      for (auto& byte : bytes) byte = alphabet[random() % alphabet.size()];
      return bytes;
    };
    ReadRequest request;
    for (const std::string name : {"select", "order", "or", "id"}) request.parameters.emplace_back(name, text());
    request.parameters.emplace_back(text(), "eq." + text());
    request.range = text();
    request.prefer = text();
    if (const auto query = parse_read_query(request)) (void)plan_read(*query, kSchema, kLimits);
    (void)parse_limits({text() + "=" + text(), {}}, kSchema);
  }
}

}  // namespace
}  // namespace weft
