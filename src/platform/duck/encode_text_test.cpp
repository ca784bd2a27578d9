// JSON, NDJSON and CSV of every type, and their agreement with what DuckDB reads back.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/duck/encode_json.h"
#include "platform/duck/json_text.h"
#include "platform/duck/test_instance.h"

namespace weft::duck {
namespace {

struct ValueCase {
  const char* sql;
  const char* json;
  const char* csv;
};

std::vector<ValueCase> scalar_cases() {
  return {
      {"true", "true", "true"},
      {"false", "false", "false"},
      {"(-128)::TINYINT", "-128", "-128"},
      {"255::UTINYINT", "255", "255"},
      {"(-32768)::SMALLINT", "-32768", "-32768"},
      {"65535::USMALLINT", "65535", "65535"},
      {"(-2147483648)::INTEGER", "-2147483648", "-2147483648"},
      {"4294967295::UINTEGER", "4294967295", "4294967295"},
      {"(-9223372036854775808)::BIGINT", "-9223372036854775808", "-9223372036854775808"},
      {"18446744073709551615::UBIGINT", "18446744073709551615", "18446744073709551615"},
      {"0::BIGINT", "0", "0"},
      {"1000000000000000000::BIGINT", "1000000000000000000", "1000000000000000000"},
      {"'-170141183460469231731687303715884105728'::HUGEINT", "-170141183460469231731687303715884105728",
       "-170141183460469231731687303715884105728"},
      {"'100000000000000000000'::HUGEINT", "100000000000000000000", "100000000000000000000"},
      {"'340282366920938463463374607431768211455'::UHUGEINT", "340282366920938463463374607431768211455",
       "340282366920938463463374607431768211455"},
      {"1.5::DECIMAL(4,1)", "1.5", "1.5"},
      {"-0.05::DECIMAL(4,2)", "-0.05", "-0.05"},
      {"12345::DECIMAL(9,0)", "12345", "12345"},
      {"-123456.789::DECIMAL(9,3)", "-123456.789", "-123456.789"},
      {"0::DECIMAL(18,18)", "0.000000000000000000", "0.000000000000000000"},
      {"'-1234567890123456789012345678.0123456789'::DECIMAL(38,10)", "-1234567890123456789012345678.0123456789",
       "-1234567890123456789012345678.0123456789"},
      {"'0.00000000000000000000000000000000000001'::DECIMAL(38,38)", "0.00000000000000000000000000000000000001",
       "0.00000000000000000000000000000000000001"},
      {"0.1::DOUBLE", "0.1", "0.1"},
      {"0::DOUBLE", "0", "0"},
      {"'-0'::DOUBLE", "-0", "-0"},
      {"100000::DOUBLE", "100000", "100000"},
      {"1e15::DOUBLE", "1e+15", "1e+15"},
      {"-999999999999999::DOUBLE", "-999999999999999", "-999999999999999"},
      {"1.7976931348623157e308::DOUBLE", "1.7976931348623157e+308", "1.7976931348623157e+308"},
      {"5e-324::DOUBLE", "5e-324", "5e-324"},
      {"(1/3)::DOUBLE", "0.3333333333333333", "0.3333333333333333"},
      {"'nan'::DOUBLE", "\"NaN\"", "NaN"},
      {"'inf'::DOUBLE", "\"Infinity\"", "Infinity"},
      {"'-inf'::FLOAT", "\"-Infinity\"", "-Infinity"},
      {"0.1::FLOAT", "0.1", "0.1"},
      {"16777216::FLOAT", "16777216", "16777216"},
      {"3.4028235e38::FLOAT", "3.4028235e+38", "3.4028235e+38"},
      {"''", "\"\"", "\"\""},
      {"'plain'", "\"plain\"", "plain"},
      {"'Zoë, \"the\" 1st'", "\"Zoë, \\\"the\\\" 1st\"", "\"Zoë, \"\"the\"\" 1st\""},
      {"' outer '", "\" outer \"", "\" outer \""},
      {"'back\\slash'", "\"back\\\\slash\"", "back\\slash"},
      {"chr(10) || chr(13) || chr(9) || chr(8) || chr(12) || chr(1) || chr(31) || chr(127)", "\"\\n\\r\\t\\b\\f\\u0001\\u001f\x7f\"",
       "\"\n\r\t\b\f\x01\x1f\x7f\""},
      {"'a' || chr(0) || 'b'", "\"a\\u0000b\"", nullptr},
      {"'\\x00\\xFFa\"'::BLOB", "\"\\\\x00ff6122\"", "\\x00ff6122"},
      {"''::BLOB", "\"\\\\x\"", "\\x"},
      {"'0101'::BIT", "\"0101\"", "0101"},
      {"'010111000111'::BIT", "\"010111000111\"", "010111000111"},
      {"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
      {"'00000000-0000-0000-0000-000000000001'::UUID", "\"00000000-0000-0000-0000-000000000001\"", "00000000-0000-0000-0000-000000000001"},
      {"'b\"c'::ENUM('a', 'b\"c')", "\"b\\\"c\"", "\"b\"\"c\""},
      {"'2013-01-01'::DATE", "\"2013-01-01\"", "2013-01-01"},
      {"'2024-02-29'::DATE", "\"2024-02-29\"", "2024-02-29"},
      {"'1969-12-31'::DATE", "\"1969-12-31\"", "1969-12-31"},
      {"'0001-01-01'::DATE", "\"0001-01-01\"", "0001-01-01"},
      {"'0044-03-15 (BC)'::DATE", "\"0044-03-15 (BC)\"", "0044-03-15 (BC)"},
      {"'12013-01-01'::DATE", "\"12013-01-01\"", "12013-01-01"},
      {"'infinity'::DATE", "\"infinity\"", "infinity"},
      {"'-infinity'::DATE", "\"-infinity\"", "-infinity"},
      {"'05:00:00'::TIME", "\"05:00:00\"", "05:00:00"},
      {"'23:59:59.999999'::TIME", "\"23:59:59.999999\"", "23:59:59.999999"},
      {"'24:00:00'::TIME", "\"24:00:00\"", "24:00:00"},
      {"'12:34:56.123456789'::TIME_NS", "\"12:34:56.123456789\"", "12:34:56.123456789"},
      {"'05:00:00.25+02'::TIMETZ", "\"05:00:00.25+02:00\"", "05:00:00.25+02:00"},
      {"'05:00:00-03:30:15'::TIMETZ", "\"05:00:00-03:30:15\"", "05:00:00-03:30:15"},
      {"'2013-01-01 05:00:00'::TIMESTAMP", "\"2013-01-01T05:00:00\"", "2013-01-01T05:00:00"},
      {"'2013-01-01 05:00:00.25'::TIMESTAMP", "\"2013-01-01T05:00:00.25\"", "2013-01-01T05:00:00.25"},
      {"'1969-12-31 23:59:59.999999'::TIMESTAMP", "\"1969-12-31T23:59:59.999999\"", "1969-12-31T23:59:59.999999"},
      {"'infinity'::TIMESTAMP", "\"infinity\"", "infinity"},
      {"'-infinity'::TIMESTAMPTZ", "\"-infinity\"", "-infinity"},
      {"'2013-01-01 05:00:00+02'::TIMESTAMPTZ", "\"2013-01-01T03:00:00+00:00\"", "2013-01-01T03:00:00+00:00"},
      {"'2013-01-01 05:00:01'::TIMESTAMP_S", "\"2013-01-01T05:00:01\"", "2013-01-01T05:00:01"},
      {"'2013-01-01 05:00:00.125'::TIMESTAMP_MS", "\"2013-01-01T05:00:00.125\"", "2013-01-01T05:00:00.125"},
      {"'2013-01-01 05:00:00.123456789'::TIMESTAMP_NS", "\"2013-01-01T05:00:00.123456789\"", "2013-01-01T05:00:00.123456789"},
      {"INTERVAL '14 months 3 days 04:05:06.5'", "\"P1Y2M3DT4H5M6.5S\"", "P1Y2M3DT4H5M6.5S"},
      {"INTERVAL '-1 day 00:00:00.5'", "\"P-1DT0.5S\"", "P-1DT0.5S"},
      {"INTERVAL '-0.5 seconds'", "\"PT-0.5S\"", "PT-0.5S"},
      {"INTERVAL '0 seconds'", "\"PT0S\"", "PT0S"},
      {"INTERVAL '26 hours'", "\"PT26H\"", "PT26H"},
      {"NULL", "null", ""},
      {"NULL::VARCHAR", "null", ""},
  };
}

std::vector<ValueCase> nested_cases() {
  return {
      {"[1, NULL, 3]", "[1,null,3]", "\"[1,null,3]\""},
      {"[]::VARCHAR[]", "[]", "[]"},
      {"[[1.5], [], NULL]::DECIMAL(3,1)[][]", "[[1.5],[],null]", "\"[[1.5],[],null]\""},
      {"[1, 2]::INTEGER[2]", "[1,2]", "\"[1,2]\""},
      {"{'a': 1, 'b \"q\"': 'x'}", "{\"a\":1,\"b \\\"q\\\"\":\"x\"}", "\"{\"\"a\"\":1,\"\"b \\\"\"q\\\"\"\"\":\"\"x\"\"}\""},
      {"{'a': NULL::INTEGER}", "{\"a\":null}", "\"{\"\"a\"\":null}\""},
      {"MAP {'k': 1, 'l': NULL}", "{\"k\":1,\"l\":null}", "\"{\"\"k\"\":1,\"\"l\"\":null}\""},
      {"MAP {1: 'x'}", "[{\"key\":1,\"value\":\"x\"}]", "\"[{\"\"key\"\":1,\"\"value\"\":\"\"x\"\"}]\""},
      {"MAP {}::MAP(VARCHAR, INTEGER)", "{}", "{}"},
      {"union_value(n := 5)::UNION(n INTEGER, s VARCHAR)", "5", "5"},
      {"'x'::UNION(n INTEGER, s VARCHAR)", "\"x\"", "\"\"\"x\"\"\""},
      {"'{\"a\": [1, 2.50],\n \"b\": \"c d\"}'::JSON", "{\"a\":[1,2.50],\"b\":\"c d\"}",
       "\"{\"\"a\"\": [1, 2.50],\n \"\"b\"\": \"\"c d\"\"}\""},
  };
}

std::vector<ValueCase> all_cases() {
  auto cases = scalar_cases();
  for (const auto& nested : nested_cases()) cases.push_back(nested);
  return cases;
}

TEST(EncodeText, WritesEachType) {
  auto connection = connect();
  for (const auto& test : all_cases()) {
    const std::string sql = std::string("SELECT ") + test.sql + " AS v";
    EXPECT_EQ(read_all(*connection, sql, Format::Json), std::string("[{\"v\":") + test.json + "}]") << test.sql;
    EXPECT_EQ(read_all(*connection, sql, Format::Ndjson), std::string("{\"v\":") + test.json + "}\n") << test.sql;
    if (test.csv != nullptr) {
      EXPECT_EQ(read_all(*connection, sql, Format::Csv), std::string("v\n") + test.csv + "\n") << test.sql;
    }
  }
}

// Each value at another place of a vector, between nulls, and within a list.
TEST(EncodeText, FindsTheRightRow) {
  auto connection = connect();
  for (const auto& test : all_cases()) {
    const std::string sql =
        std::string("SELECT v FROM range(130) LEFT JOIN (SELECT 1 AS one, ") + test.sql + " AS v) ON range % 3 = one ORDER BY range";
    std::string expected;
    for (int i = 0; i < 130; ++i) expected += std::string("{\"v\":") + (i % 3 == 1 ? test.json : "null") + "}\n";
    EXPECT_EQ(read_all(*connection, sql, Format::Ndjson), expected) << test.sql;
    EXPECT_EQ(read_all(*connection, std::string("SELECT [NULL, v, v] AS v FROM (SELECT ") + test.sql + " AS v)", Format::Ndjson),
              std::string("{\"v\":[null,") + test.json + "," + test.json + "]}\n")
        << test.sql;
  }
}

TEST(EncodeText, JoinsRowsAsPostgrestDoes) {
  auto connection = connect();
  EXPECT_EQ(read_all(*connection, "SELECT range AS a, 'x' AS \"b\"\"c\" FROM range(2)", Format::Json),
            "[{\"a\":0,\"b\\\"c\":\"x\"},\n {\"a\":1,\"b\\\"c\":\"x\"}]");
  EXPECT_EQ(read_all(*connection, "SELECT 1 AS a WHERE false", Format::Json), "[]");
  EXPECT_EQ(read_all(*connection, "SELECT 1 AS a WHERE false", Format::Ndjson), "");
  EXPECT_EQ(read_all(*connection, "SELECT 1 AS a, 2 AS \"b,c\" WHERE false", Format::Csv), "a,\"b,c\"\n");
}

TEST(JsonString, EscapesAtEachOffset) {
  for (const std::string escaped : {"\"", "\\", "\n"}) {
    const std::string in_json = escaped == "\n" ? "\\n" : "\\" + escaped;
    for (std::size_t size = 0; size < 40; ++size) {
      for (std::size_t at = 0; at <= size; ++at) {
        // Bytes just above and below the limits of what is escaped surround it.
        const std::string before(at, at % 2 == 0 ? ' ' : '\xff');
        const std::string after(size - at, size % 2 == 0 ? '!' : '[');
        std::string target;
        {
          Output out(target);
          write_json_string(out, before + escaped + after + escaped);
        }
        ASSERT_EQ(target, "\"" + before + in_json + after + in_json + "\"");
      }
    }
  }
}

TEST(EncodeText, PiecesAreBoundedAndAddUp) {
  auto connection = connect();
  const std::string sql = "SELECT range AS a, repeat('x', (range % 100)::INTEGER) AS b FROM range(10000)";
  for (const auto format : {Format::Json, Format::Ndjson, Format::Csv}) {
    const auto whole = read_all(*connection, sql, format, 100 << 20);
    for (const std::size_t target : {1, 100, 5000, 70000}) {
      auto cursor = connection->query(sql);
      ASSERT_TRUE(cursor);
      std::string all;
      std::string piece;
      std::int64_t rows = 0;
      for (;;) {
        auto more = (*cursor)->encode(format, target, piece, rows);
        ASSERT_TRUE(more);
        if (!*more) break;
        ASSERT_LT(piece.size(), target + 200);
        all += piece;
      }
      EXPECT_EQ(all, whole);
      EXPECT_EQ(rows, 10000);
    }
  }
}

TEST(EncodeText, GivesRowsAsValues) {
  auto connection = connect();
  auto cursor = connection->query(
      "SELECT 1 AS a, 0.5::DOUBLE AS b, 'x' AS c, NULL AS d, 1.25::DECIMAL(4,2) AS e, '12345678901234567890'::HUGEINT AS f, "
      "'0.1234567890123456789'::DECIMAL(20,19) AS g, [1] AS h, {'k': true} AS i, '2013-01-01'::DATE AS j, 7::HUGEINT AS k");
  ASSERT_TRUE(cursor);
  auto rows = (*cursor)->rows();
  ASSERT_TRUE(rows) << rows.error().detail;
  ASSERT_EQ(rows->size(), 1);
  EXPECT_EQ(json::serialize(json::array(rows->front().begin(), rows->front().end())),
            R"([1,5E-1,"x",null,1.25E0,12345678901234567890,"0.1234567890123456789",[1],{"k":true},"2013-01-01",7])");
  rows = (*cursor)->rows();
  ASSERT_TRUE(rows);
  EXPECT_TRUE(rows->empty());
}

TEST(EncodeText, RefusesTypesWithoutAForm) {
  auto connection = connect();
  for (const char* type : {"VARIANT", "BIGNUM", "VARIANT[]", "STRUCT(a BIGNUM)", "GEOMETRY"}) {
    for (const auto format : {Format::Json, Format::Csv}) {
      auto cursor = connection->query(std::string("SELECT NULL::") + type + " AS odd");
      ASSERT_TRUE(cursor) << cursor.error().detail;
      std::string out;
      std::int64_t rows = 0;
      auto encoded = (*cursor)->encode(format, 1000, out, rows);
      ASSERT_FALSE(encoded) << type;
      EXPECT_EQ(encoded.error().id, "query.type_unsupported");
      EXPECT_NE(encoded.error().message.find("odd"), std::string::npos);
    }
  }
}

// What we write, DuckDB reads as the same values.
TEST(EncodeText, DuckdbReadsItBack) {
  const TemporaryFolder folder;
  InstanceOptions options;
  options.allowed_folders = {folder.path()};
  auto connection = connect(options);
  ASSERT_TRUE(connection->execute(
      "CREATE TABLE t AS SELECT range AS i, hash(range) AS h, range * 0.37 AS d, sin(range) AS f, "
      "'2000-01-01'::DATE + range::INTEGER AS day, '2000-01-01'::TIMESTAMP + to_microseconds(range * 123456789) AS moment, "
      "CASE WHEN range % 7 > 0 THEN repeat('\"\\,' || chr(10) || 'é', (range % 5)::INTEGER) END AS s, range % 2 = 0 AS b "
      "FROM range(20000)"));
  const auto type_of = [&](const char* column) {
    auto columns = connection->describe(std::string("SELECT ") + column + " FROM t");
    return columns.value().front().type;
  };
  std::string types;
  for (const char* column : {"i", "h", "d", "f", "day", "moment", "s", "b"}) {
    types += (types.empty() ? "{" : ", ") + quote_literal(column) + ": " + quote_literal(type_of(column));
  }
  types += "}";
  for (const auto& [format, reader] :
       std::vector<std::pair<Format, std::string>>{{Format::Json, "read_json($FILE, format = 'array', columns = $TYPES)"},
                                                   {Format::Ndjson, "read_json($FILE, format = 'newline_delimited', columns = $TYPES)"},
                                                   {Format::Csv,
                                                    "read_csv($FILE, header = true, columns = $TYPES, quote = '\"', escape = '\"', "
                                                    "delim = ',', new_line = '\\n', allow_quoted_nulls = false)"}}) {
    const auto file = folder.path() / "answer";
    write_file(file, read_all(*connection, "SELECT * FROM t", format));
    auto sql =
        "(SELECT * FROM t EXCEPT ALL SELECT * FROM " + reader + ") UNION ALL (SELECT * FROM " + reader + " EXCEPT ALL SELECT * FROM t)";
    for (const auto& [from, to] : {std::pair<std::string, std::string>{"$FILE", quote_literal(file.string())}, {"$TYPES", types}}) {
      for (auto at = sql.find(from); at != sql.npos; at = sql.find(from)) sql.replace(at, from.size(), to);
    }
    EXPECT_EQ(read_all(*connection, "SELECT count(*) AS differences FROM (" + sql + ")", Format::Json), R"([{"differences":0}])");
  }
}

TEST(JsonText, EmbedsWhatIsJson) {
  struct Case {
    std::string_view in;
    std::string_view out;
    Embedded how;
  };
  for (const auto& test : std::vector<Case>{
           {" { \"a\" : [ 1 , -2.5e+3 , true , false , null , \"x\\n\\u00e9 y\" ] } ",
            "{\"a\":[1,-2.5e+3,true,false,null,\"x\\n\\u00e9 y\"]}", Embedded::AsJson},
           {"[]", "[]", Embedded::AsJson},
           {"{}", "{}", Embedded::AsJson},
           {"0", "0", Embedded::AsJson},
           {"", "\"\"", Embedded::AsString},
           {"NaN", "\"NaN\"", Embedded::AsString},
           {"-Infinity", "\"-Infinity\"", Embedded::AsString},
           {"01", "\"01\"", Embedded::AsString},
           {"1.", "\"1.\"", Embedded::AsString},
           {"1e", "\"1e\"", Embedded::AsString},
           {"[1,]", "\"[1,]\"", Embedded::AsString},
           {"{\"a\":1", "\"{\\\"a\\\":1\"", Embedded::AsString},
           {"{a:1}", "\"{a:1}\"", Embedded::AsString},
           {"1 2", "\"1 2\"", Embedded::AsString},
           {"\"a\nb\"", "\"\\\"a\\nb\\\"\"", Embedded::AsString},
           {"\"\\q\"", "\"\\\"\\\\q\\\"\"", Embedded::AsString},
           {"\"\\u12g4\"", "\"\\\"\\\\u12g4\\\"\"", Embedded::AsString},
       }) {
    std::string target;
    Embedded how;
    {
      Output out(target);
      out.append("before ");
      how = append_json_text(out, test.in);
    }
    EXPECT_EQ(target, "before " + std::string(test.out)) << test.in;
    EXPECT_EQ(how, test.how) << test.in;
  }
  for (const std::size_t depth : {200, 202, 100000}) {
    std::string target;
    Output out(target);
    EXPECT_EQ(append_json_text(out, std::string(depth, '[') + std::string(depth, ']')),
              depth <= 200 ? Embedded::AsJson : Embedded::AsString);
  }
}

}  // namespace
}  // namespace weft::duck
