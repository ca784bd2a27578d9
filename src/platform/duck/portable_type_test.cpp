#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "platform/duck/test_instance.h"

namespace weft::duck {
namespace {

struct CastCase {
  const char* type;
  const char* cast;
};

TEST(PortableType, NamesTheCast) {
  for (const auto& test : std::vector<CastCase>{
           {"INTEGER", ""},
           {"DECIMAL(10,2)", ""},
           {"TIMESTAMP WITH TIME ZONE", ""},
           {"TIMESTAMP_NS", ""},
           {"JSON", ""},
           {"UUID", ""},
           {"VARCHAR[]", ""},
           {"STRUCT(a INTEGER, \"b, (c\" VARCHAR[])", ""},
           {"MAP(VARCHAR, STRUCT(x DOUBLE))", ""},
           {"HUGEINT", "DECIMAL(38,0)"},
           {"UHUGEINT", "DECIMAL(38,0)"},
           {"TIME WITH TIME ZONE", "VARCHAR"},
           {"TIME_NS", "VARCHAR"},
           {"INTERVAL", "VARCHAR"},
           {"BIT", "VARCHAR"},
           {"BIGNUM", "VARCHAR"},
           {"GEOMETRY", "VARCHAR"},
           {"GEOMETRY('OGC:CRS84')", "VARCHAR"},
           {"ENUM('a', 'it''s (', '\"')", "VARCHAR"},
           {"ENUM('a)')[]", "VARCHAR[]"},
           {"VARIANT", "JSON"},
           {"UNION(a INTEGER, b VARCHAR)", "JSON"},
           {"TIMESTAMP_S", "TIMESTAMP"},
           {"TIMESTAMP_MS", "TIMESTAMP"},
           {"INTEGER[3]", "INTEGER[]"},
           {"INTERVAL[][2]", "VARCHAR[][]"},
           {"STRUCT(a HUGEINT, \"BIT\" BIT, \"q\"\"(\" INTEGER[2])[]", "STRUCT(a DECIMAL(38,0), \"BIT\" VARCHAR, \"q\"\"(\" INTEGER[])[]"},
           {"MAP(ENUM('a, b', 'c'), MAP(VARCHAR, UHUGEINT))", "MAP(VARCHAR, MAP(VARCHAR, DECIMAL(38,0)))"},
           {"STRUCT(a STRUCT(b TIME WITH TIME ZONE), c DATE)", "STRUCT(a STRUCT(b VARCHAR), c DATE)"},
           {"STRUCT(interval INTEGER, s STRUCT(hugeint HUGEINT))", "STRUCT(interval INTEGER, s STRUCT(hugeint DECIMAL(38,0)))"},
           {"\"NULL\"", "VARCHAR"},
       }) {
    EXPECT_EQ(portable_type_cast({"c", test.type}), test.cast) << test.type;
  }
}

// Nothing that isn't a type makes it crash or hang.
TEST(PortableType, SurvivesNonsense) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "STRUCT(a ";
  for (const auto& text : std::vector<std::string>{"", "(", "[", "]", "STRUCT(", "STRUCT(a", "MAP(", "MAP(,", "ENUM('", "\"", "STRUCT(\"a",
                                                   "X[", ")))", deep}) {
    static_cast<void>(portable_type_cast({"c", text}));
  }
}

struct SnapshotCase {
  const char* value;
  const char* json;
};

// The promise itself: cast, written to Parquet, read back, in all formats: the value is the same, and the type is stable.
TEST(PortableType, SnapshotsKeepValues) {
  const TemporaryFolder folder;
  InstanceOptions options;
  options.allowed_folders = {folder.path()};
  auto connection = connect(options);
  const auto file = quote_literal((folder.path() / "snapshot.parquet").string());
  for (const auto& test : std::vector<SnapshotCase>{
           {"(-7)::TINYINT", "-7"},
           {"18446744073709551615::UBIGINT", "18446744073709551615"},
           {"'99999999999999999999999999999999999999'::HUGEINT", "99999999999999999999999999999999999999"},
           {"'-99999999999999999999999999999999999999'::HUGEINT", "-99999999999999999999999999999999999999"},
           {"123::UHUGEINT", "123"},
           {"'12345678901234567890.12345'::DECIMAL(38,5)", "12345678901234567890.12345"},
           {"0.1::FLOAT", "0.1"},
           {"'nan'::DOUBLE", "\"NaN\""},
           {"'\\x00\\xFF'::BLOB", "\"\\\\x00ff\""},
           {"'0101'::BIT", "\"0101\""},
           {"'1234567890123456789012345678901234567890'::BIGNUM", "\"1234567890123456789012345678901234567890\""},
           {"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""},
           {"'infinity'::DATE", "\"infinity\""},
           {"'24:00:00'::TIME", "\"24:00:00\""},
           {"'12:34:56.123456789'::TIME_NS", "\"12:34:56.123456789\""},
           {"'05:00:00+02'::TIMETZ", "\"05:00:00+02\""},
           {"'2020-01-01 00:00:00.123456'::TIMESTAMP", "\"2020-01-01T00:00:00.123456\""},
           {"'2020-01-01 00:00:00.123456789'::TIMESTAMP_NS", "\"2020-01-01T00:00:00.123456789\""},
           {"'2020-01-01 00:00:01'::TIMESTAMP_S", "\"2020-01-01T00:00:01\""},
           {"'2020-01-01 00:00:01.123'::TIMESTAMP_MS", "\"2020-01-01T00:00:01.123\""},
           {"'2020-01-01 00:00:01+01'::TIMESTAMPTZ", "\"2019-12-31T23:00:01+00:00\""},
           {"INTERVAL '14 months 3 days 04:05:06.123456'", "\"1 year 2 months 3 days 04:05:06.123456\""},
           {"'a'::ENUM('a', 'b')", "\"a\""},
           {"'{\"a\":[1]}'::JSON", "{\"a\":[1]}"},
           {"[1, NULL]::INTEGER[2]", "[1,null]"},
           {"{'a': 1::HUGEINT, 'b': [INTERVAL '1 day']}", "{\"a\":1,\"b\":[\"1 day\"]}"},
           {"MAP {'a': '05:00:00+02'::TIMETZ}", "{\"a\":\"05:00:00+02\"}"},
           {"union_value(n := 5)::UNION(n INTEGER, s VARCHAR)", "{\"n\":5}"},
           {"{'a': 1}::VARIANT", "{\"a\":1}"},
           {"'POINT(1 2)'::GEOMETRY", "\"POINT (1 2)\""},
           {"NULL", "null"},
       }) {
    const std::string select = std::string("SELECT ") + test.value + " AS v";
    const auto columns = connection->describe(select);
    ASSERT_TRUE(columns) << select << columns.error().detail;
    const auto cast = portable_type_cast(columns->front());
    const auto written = connection->execute("COPY (SELECT " + (cast.empty() ? "v" : "CAST(v AS " + cast + ") AS v") + " FROM (" + select +
                                             ") UNION ALL SELECT NULL) TO " + file + " (FORMAT parquet)");
    ASSERT_TRUE(written) << test.value << " as " << cast << ": " << written.error().detail;
    const auto read = "SELECT v FROM read_parquet(" + file + ")";
    EXPECT_EQ(read_all(*connection, read, Format::Ndjson), std::string("{\"v\":") + test.json + "}\n{\"v\":null}\n") << test.value;
    EXPECT_FALSE(read_all(*connection, read, Format::ArrowStream).empty()) << test.value;
    EXPECT_FALSE(read_all(*connection, read, Format::Csv).empty()) << test.value;
    // What comes out of a snapshot may go into the next one as it is.
    const auto stored = connection->describe(read);
    ASSERT_TRUE(stored);
    EXPECT_EQ(portable_type_cast(stored->front()), "") << test.value;
    EXPECT_TRUE(cast.empty() || stored->front().type == cast) << test.value << " is " << stored->front().type;
  }
  // Too large for 38 digits: loud, not wrong.
  const auto error = connection->execute("COPY (SELECT CAST(170141183460469231731687303715884105727::HUGEINT AS DECIMAL(38,0))) TO " +
                                         file + " (FORMAT parquet)");
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().id, "query.conversion");
}

// A type's text is SQL for that type, whatever its members are called.
TEST(TypeName, IsSql) {
  auto connection = connect();
  auto cursor = connection->query("SELECT keyword_name FROM duckdb_keywords()");
  ASSERT_TRUE(cursor);
  std::vector<std::string> names = {"plain", "Upper", "a b", "q\"", "1x", "ä", "_x"};
  for (;;) {
    auto rows = (*cursor)->rows();
    ASSERT_TRUE(rows);
    if (rows->empty()) break;
    for (const auto& row : *rows) names.emplace_back(row[0].as_string());
  }
  ASSERT_GT(names.size(), 400);
  for (const auto& name : names) {
    const auto columns = connection->describe("SELECT NULL::STRUCT(" + quote_identifier(name) + " ENUM('it''s')[3]) AS v");
    ASSERT_TRUE(columns) << name;
    const auto again = connection->describe("SELECT NULL::" + columns->front().type + " AS v");
    ASSERT_TRUE(again) << columns->front().type << ": " << again.error().detail;
    EXPECT_EQ(again->front().type, columns->front().type);
  }
}

}  // namespace
}  // namespace weft::duck
