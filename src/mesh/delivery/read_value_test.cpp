#include "mesh/delivery/read_value.h"

#include <gtest/gtest.h>

#include "mesh/delivery/like_pattern.h"

namespace weft {
namespace {

std::string show(const ReadValue& value) {
  return std::visit(
      []<typename T>(const T& v) -> std::string {
        if constexpr (std::is_same_v<T, std::monostate>) {
          return "nothing";
        } else if constexpr (std::is_same_v<T, std::string>) {
          return "'" + v + "'";
        } else {
          return fmt::format("{}", v);
        }
      },
      value);
}

std::string read(std::string_view type, std::string_view text) {
  const auto literal = parse_literal(parse_column_type(type), "c", text);
  if (!literal) return literal.error().id == "data.invalid_value" ? "invalid" : literal.error().id;
  switch (literal->fit) {
    case Literal::Fit::Exact: return show(literal->value);
    case Literal::Fit::JustBelow: return "above " + show(literal->value);
    case Literal::Fit::TooLarge: return "too large";
    case Literal::Fit::TooSmall: return "too small";
  }
  return "";
}

struct ValueCase {
  std::string type, text, expected;
};

TEST(LiteralTest, IsReadByType) {
  const std::vector<ValueCase> cases = {
      {"BOOLEAN", "true", "true"},
      {"BOOLEAN", "F", "false"},
      {"BOOLEAN", " on ", "true"},
      {"BOOLEAN", "0", "false"},
      {"BOOLEAN", "2", "invalid"},
      {"BOOLEAN", "", "invalid"},
      {"INTEGER", "7", "7"},
      {"INTEGER", "+07", "7"},
      {"INTEGER", " -7 ", "-7"},
      {"INTEGER", "-0", "0"},
      {"INTEGER", "2147483647", "2147483647"},
      {"INTEGER", "2147483648", "invalid"},
      {"INTEGER", "-2147483648", "-2147483648"},
      {"INTEGER", "-2147483649", "invalid"},
      {"INTEGER", "abc", "invalid"},
      {"INTEGER", "", "invalid"},
      {"INTEGER", "-", "invalid"},
      {"INTEGER", "1.0", "invalid"},
      {"INTEGER", "1e3", "invalid"},
      {"INTEGER", "0x10", "invalid"},
      {"INTEGER", "1_000", "invalid"},
      {"INTEGER", "--1", "invalid"},
      {"TINYINT", "-128", "-128"},
      {"TINYINT", "128", "invalid"},
      {"SMALLINT", "32767", "32767"},
      {"SMALLINT", "32768", "invalid"},
      {"UTINYINT", "255", "255"},
      {"UTINYINT", "256", "invalid"},
      {"UTINYINT", "-1", "invalid"},
      {"UTINYINT", "-0", "0"},
      {"BIGINT", "9223372036854775807", "9223372036854775807"},
      {"BIGINT", "9223372036854775808", "invalid"},
      {"BIGINT", "-9223372036854775808", "'-9223372036854775808'"},
      {"UBIGINT", "18446744073709551615", "'18446744073709551615'"},
      {"UBIGINT", "18446744073709551616", "invalid"},
      {"HUGEINT", "170141183460469231731687303715884105727", "'170141183460469231731687303715884105727'"},
      {"HUGEINT", "170141183460469231731687303715884105728", "invalid"},
      {"HUGEINT", "-170141183460469231731687303715884105728", "'-170141183460469231731687303715884105728'"},
      {"HUGEINT", "-170141183460469231731687303715884105729", "invalid"},
      {"UHUGEINT", "340282366920938463463374607431768211455", "'340282366920938463463374607431768211455'"},
      {"UHUGEINT", "340282366920938463463374607431768211456", "invalid"},
      {"UHUGEINT", "999999999999999999999999999999999999999999", "invalid"},
      {"DOUBLE", "1.5", "1.5"},
      {"DOUBLE", ".5", "0.5"},
      {"DOUBLE", "+1e3", "1000"},
      {"DOUBLE", "-0", "0"},
      {"DOUBLE", "NaN", "'NaN'"},
      {"DOUBLE", "-Infinity", "'-Infinity'"},
      {"DOUBLE", "inf", "'Infinity'"},
      {"DOUBLE", "1e400", "invalid"},
      {"DOUBLE", "0x1p3", "invalid"},
      {"DOUBLE", "nan(1)", "invalid"},
      {"DOUBLE", "+-1", "invalid"},
      {"DOUBLE", "1,5", "invalid"},
      {"DOUBLE", "", "invalid"},
      {"FLOAT", "0.1", "0.10000000149011612"},
      {"FLOAT", "1e39", "invalid"},
      {"DECIMAL(5,2)", "1", "'1.00'"},
      {"DECIMAL(5,2)", "-1.50", "'-1.50'"},
      {"DECIMAL(5,2)", "0.05", "'0.05'"},
      {"DECIMAL(5,2)", "-0.00", "'0.00'"},
      {"DECIMAL(5,2)", "12e-1", "'1.20'"},
      {"DECIMAL(5,2)", "1.005", "above '1.00'"},
      {"DECIMAL(5,2)", "-1.005", "above '-1.01'"},
      {"DECIMAL(5,2)", "0.001", "above '0.00'"},
      {"DECIMAL(5,2)", "-0.001", "above '-0.01'"},
      {"DECIMAL(5,2)", "1e-99999", "above '0.00'"},
      {"DECIMAL(5,2)", "999.99", "'999.99'"},
      {"DECIMAL(5,2)", "999.995", "above '999.99'"},
      {"DECIMAL(5,2)", "-999.995", "too small"},
      {"DECIMAL(5,2)", "1000", "too large"},
      {"DECIMAL(5,2)", "-1000", "too small"},
      {"DECIMAL(5,2)", "1e999999999999", "too large"},
      {"DECIMAL(5,2)", "0e999999999999", "'0.00'"},
      {"DECIMAL(5,2)", "00001.000", "'1.00'"},
      {"DECIMAL(5,2)", "1.", "'1.00'"},
      {"DECIMAL(5,2)", ".", "invalid"},
      {"DECIMAL(5,2)", "1e", "invalid"},
      {"DECIMAL(5,2)", "1.2.3", "invalid"},
      {"DECIMAL(5,2)", "NaN", "invalid"},
      {"DECIMAL(3,3)", "0.125", "'0.125'"},
      {"DECIMAL(3,3)", "1", "too large"},
      {"DECIMAL(38,0)", "99999999999999999999999999999999999999", "'99999999999999999999999999999999999999'"},
      {"DATE", "2013-01-31", "'2013-01-31'"},
      {"DATE", "2012-02-29", "'2012-02-29'"},
      {"DATE", "2013-02-29", "invalid"},
      {"DATE", "2013-13-01", "invalid"},
      {"DATE", "0000-01-01", "invalid"},
      {"DATE", "2013-1-1", "invalid"},
      {"DATE", "20130101", "invalid"},
      {"DATE", "2013-01-31T23:59:59Z", "'2013-01-31'"},
      {"DATE", "2013-01-31x", "invalid"},
      {"DATE", "-Infinity", "'-infinity'"},
      {"DATE", "today", "invalid"},
      {"TIME", "05:00", "'05:00:00.000000'"},
      {"TIME", "05:00:01.5", "'05:00:01.500000'"},
      {"TIME", "24:00:00", "'24:00:00.000000'"},
      {"TIME", "24:00:01", "invalid"},
      {"TIME", "05:60", "invalid"},
      {"TIME", "5:00", "invalid"},
      {"TIME", "05:00:00+01", "invalid"},
      {"TIMESTAMP", "2013-01-01", "'2013-01-01 00:00:00.000000'"},
      {"TIMESTAMP", "2013-01-01 05:00", "'2013-01-01 05:00:00.000000'"},
      {"TIMESTAMP", "2013-01-01T05:00:00.25Z", "'2013-01-01 05:00:00.250000'"},
      {"TIMESTAMP", "2013-01-01T05:00:00+01:00", "invalid"},
      {"TIMESTAMP", "2013-01-01T23:59:59.9999996", "'2013-01-02 00:00:00.000000'"},
      {"TIMESTAMP", "2013-01-01T05:00:60", "invalid"},
      {"TIMESTAMP", "2013-01-01T05:00:00.", "invalid"},
      {"TIMESTAMP", "infinity", "'infinity'"},
      {"TIMESTAMP_NS", "2013-01-01T05:00:00.123456789", "'2013-01-01 05:00:00.123456789'"},
      {"TIMESTAMP_NS", "1500-01-01", "invalid"},
      {"TIMESTAMP WITH TIME ZONE", "2013-01-01T05:00:00Z", "'2013-01-01 05:00:00.000000+00'"},
      {"TIMESTAMP WITH TIME ZONE", "2013-01-01 00:30:00+01:30", "'2012-12-31 23:00:00.000000+00'"},
      {"TIMESTAMP WITH TIME ZONE", "2013-12-31 23:30:00-0130", "'2014-01-01 01:00:00.000000+00'"},
      {"TIMESTAMP WITH TIME ZONE", "2013-01-01 05:00:00 +02", "'2013-01-01 03:00:00.000000+00'"},
      {"TIMESTAMP WITH TIME ZONE", "2013-01-01", "'2013-01-01 00:00:00.000000+00'"},
      {"TIMESTAMP WITH TIME ZONE", "0001-01-01T00:00:00+01", "invalid"},
      {"TIMESTAMP WITH TIME ZONE", "2013-01-01T05:00:00+1", "invalid"},
      {"TIMESTAMP WITH TIME ZONE", "2013-01-01T05:00:00 Europe/Berlin", "invalid"},
      {"UUID", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"},
      {"UUID", "{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"},
      {"UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "invalid"},
      {"UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-", "invalid"},
      {"UUID", "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11", "invalid"},
      {"UUID", "g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "invalid"},
      {"BLOB", "\\x0aff", "'\\x0A\\xFF'"},
      {"BLOB", "\\x", "''"},
      {"BLOB", "\\x0", "invalid"},
      {"BLOB", "0aff", "invalid"},
      {"VARCHAR", " anything; '--\"", "' anything; '--\"'"},
      {"ENUM('a', 'b')", "c", "'c'"},
  };
  for (const auto& [type, text, expected] : cases) EXPECT_EQ(read(type, text), expected) << type << " <- " << text;
}

TEST(LiteralTest, AnErrorNamesTypeValueAndColumn) {
  const auto literal = parse_literal(parse_column_type("INTEGER"), "month", "abc");
  ASSERT_FALSE(literal);
  EXPECT_EQ(literal.error().message, "invalid input syntax for type INTEGER: \"abc\" (column \"month\")");
  EXPECT_FALSE(literal.error().hint.empty());
}

TEST(ColumnTypeTest, KnowsDuckDbsWords) {
  using Kind = ColumnType::Kind;
  const std::vector<std::pair<std::string, Kind>> cases = {{"BIGINT", Kind::Integer},
                                                           {"DECIMAL(18,3)", Kind::Decimal},
                                                           {"DECIMAL(39,3)", Kind::Other},
                                                           {"DECIMAL(3,4)", Kind::Other},
                                                           {"DECIMAL(3,1)[]", Kind::Other},
                                                           {"INTEGER[]", Kind::Other},
                                                           {"STRUCT(a INTEGER)", Kind::Other},
                                                           {"JSON", Kind::Other},
                                                           {"TIMESTAMP_MS", Kind::Timestamp},
                                                           {"INTERVAL", Kind::Other},
                                                           {"ENUM('x')", Kind::Enum},
                                                           {"", Kind::Other},
                                                           {"INTEGER); DROP TABLE x", Kind::Other}};
  for (const auto& [text, kind] : cases) EXPECT_EQ(parse_column_type(text).kind, kind) << text;
}

TEST(CastTest, IsResolved) {
  struct Case {
    std::string from, cast, expected;  // expected: the type's name, or the error's id
  };
  const std::vector<Case> cases = {
      {"BIGINT", "text", "VARCHAR"},
      {"INTEGER[]", "text", "VARCHAR"},
      {"BIGINT", "int", "INTEGER"},
      {"VARCHAR", "int4", "INTEGER"},
      {"DOUBLE", "float8", "DOUBLE"},
      {"INTEGER", "numeric", "DECIMAL(10,0)"},
      {"BIGINT", "decimal", "DECIMAL(20,0)"},
      {"DECIMAL(5,2)", "numeric", "DECIMAL(5,2)"},
      {"DOUBLE", "numeric", "data.cast"},
      {"HUGEINT", "numeric", "data.cast"},
      {"DATE", "timestamp", "TIMESTAMP"},
      {"TIMESTAMP WITH TIME ZONE", "date", "DATE"},
      {"TIMESTAMP WITH TIME ZONE", "time", "data.cast"},
      {"DATE", "int", "data.cast"},
      {"BOOLEAN", "int8", "BIGINT"},
      {"BIGINT", "bool", "data.cast"},
      {"VARCHAR", "uuid", "UUID"},
      {"INTEGER[]", "int", "data.cast"},
      {"BIGINT", "money", "data.unknown_type"},
      {"BIGINT", "varchar; drop", "data.unknown_type"},
  };
  for (const auto& [from, cast, expected] : cases) {
    const auto to = resolve_cast(parse_column_type(from), "c", cast);
    EXPECT_EQ(to ? to->name : to.error().id, expected) << from << "::" << cast;
  }
}

TEST(LikePatternTest, TakesTheFormThatIsFastToMatch) {
  struct Case {
    std::string pattern, expected;
  };
  const std::vector<Case> cases = {
      {"abc", "= abc"},
      {"", "= "},
      {"*", "like %"},
      {"a*", "like a%"},
      {"%a%b%c%", "like %a%b%c%"},
      {"a***b", "like a%b"},
      {"a_", "escaped a_"},
      {"*a_*", "escaped %a_%"},
      {"a%b_%", "escaped a%b_%"},
      {"a%b%c_", "data.like_too_complex"},
      {R"(a\\b)", R"(= a\b)"},
      {R"(a\\b*)", R"(like a\b%)"},
      {R"(100\%)", "= 100%"},
      {R"(100\%*)", R"(escaped 100\%%)"},
      {R"(a\_*)", R"(escaped a\_%)"},
      {R"(*\%*x)", "data.like_too_complex"},
      {R"(*\%*)", R"(escaped %\%%)"},
      {R"(\a)", "= a"},
      {R"(a\)", "data.like_escape"},
      {"_" + std::string(255, 'a'), "data.like_too_complex"},
      {"_" + std::string(254, 'a'), "escaped _" + std::string(254, 'a')},
      {R"(_\\*x*)", R"(escaped _\\%x%)"},
  };
  for (const auto& [pattern, expected] : cases) {
    const auto parsed = parse_like_pattern("c", pattern);
    if (!parsed) {
      EXPECT_EQ(parsed.error().id, expected) << pattern;
      continue;
    }
    constexpr std::array<std::string_view, 3> kForms = {"=", "like", "escaped"};
    EXPECT_EQ(fmt::format("{} {}", kForms[static_cast<std::size_t>(parsed->form)], parsed->text), expected) << pattern;
  }
}

}  // namespace
}  // namespace weft
