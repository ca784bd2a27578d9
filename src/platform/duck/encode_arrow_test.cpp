// The Arrow stream, read back by DuckDB through Arrow's C interface, and its memory.
#include <gtest/gtest.h>
#include <nanoarrow/nanoarrow.hpp>
#include <nanoarrow/nanoarrow_ipc.hpp>

#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "platform/duck/arrow_column.h"
#include "platform/duck/arrow_schema.h"
#include "platform/duck/c_api.h"
#include "platform/duck/test_instance.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace weft::duck {
namespace {

// A DuckDB of its own that takes Arrow bytes in as a table.
class ArrowReader {
 public:
  ArrowReader() {
    duckdb_open(nullptr, database_.out());
    duckdb_connect(database_.get(), connection_.out());
    run("SET TimeZone = 'UTC'");
  }

  void run(const std::string& sql) {
    ResultHandle result;
    if (duckdb_query(connection_.get(), sql.c_str(), result.get()) != DuckDBSuccess) {
      ADD_FAILURE() << sql << "\n" << duckdb_result_error(result.get());
    }
  }

  void load(const std::string& bytes, const std::string& table) {
#ifdef __SANITIZE_ADDRESS__
    const __lsan::ScopedDisabler disabler;  // DuckDB 1.5.5 does not release the schemas that it reads below
#endif
    nanoarrow::UniqueBuffer buffer;
    ASSERT_EQ(ArrowBufferAppend(buffer.get(), bytes.data(), static_cast<std::int64_t>(bytes.size())), NANOARROW_OK);
    nanoarrow::ipc::UniqueInputStream input;
    ASSERT_EQ(ArrowIpcInputStreamInitBuffer(input.get(), buffer.get()), NANOARROW_OK);
    nanoarrow::UniqueArrayStream stream;
    ASSERT_EQ(ArrowIpcArrayStreamReaderInit(stream.get(), input.get(), nullptr), NANOARROW_OK);
    // Two structs with one layout, by the Arrow specification.
    auto* const scanned = reinterpret_cast<duckdb_arrow_stream>(stream.get());
    scan(scanned);
    run("CREATE OR REPLACE TABLE " + table + " AS SELECT * FROM arrow_view");
  }

  std::int64_t number(const std::string& sql) {
    ResultHandle result;
    if (duckdb_query(connection_.get(), sql.c_str(), result.get()) != DuckDBSuccess) {
      ADD_FAILURE() << sql << "\n" << duckdb_result_error(result.get());
      return -1;
    }
    const ChunkHandle chunk(duckdb_fetch_chunk(*result.get()));
    return *static_cast<std::int64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), 0)));
  }

 private:
  void scan(duckdb_arrow_stream stream) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    ASSERT_EQ(duckdb_arrow_scan(connection_.get(), "arrow_view", stream), DuckDBSuccess);
#pragma GCC diagnostic pop
  }

  DatabaseHandle database_;
  ConnectionHandle connection_;
};

struct ColumnCase {
  const char* value;     // of the row `i`
  const char* as;        // the type that the stream carries
  const char* expected;  // the value in that type, where a cast would say it otherwise
};

std::vector<ColumnCase> column_cases() {
  return {
      {"i % 3 = 0", "BOOLEAN", nullptr},
      {"(i % 100)::TINYINT", "TINYINT", nullptr},
      {"(i % 200)::UTINYINT", "UTINYINT", nullptr},
      {"(i % 30000)::SMALLINT", "SMALLINT", nullptr},
      {"(i % 60000)::USMALLINT", "USMALLINT", nullptr},
      {"(-i)::INTEGER", "INTEGER", nullptr},
      {"i::UINTEGER", "UINTEGER", nullptr},
      {"i * 1000000007", "BIGINT", nullptr},
      {"hash(i)", "UBIGINT", nullptr},
      {"'99999999999999999999999999999999999999'::HUGEINT - i", "DECIMAL(38,0)", nullptr},
      {"(i * 0.1)::FLOAT", "FLOAT", nullptr},
      {"sin(i)", "DOUBLE", nullptr},
      {"(i % 999)::DECIMAL(4,1)", "DECIMAL(4,1)", nullptr},
      {"(-i * 0.01)::DECIMAL(9,2)", "DECIMAL(9,2)", nullptr},
      {"(i * 0.01)::DECIMAL(18,2)", "DECIMAL(18,2)", nullptr},
      {"(-i * 1.001)::DECIMAL(38,10)", "DECIMAL(38,10)", nullptr},
      {"'é' || repeat('x', (i % 20)::INTEGER)", "VARCHAR", nullptr},
      {"repeat('long ', (i % 50)::INTEGER)::BLOB", "BLOB", nullptr},
      {"'2000-01-01'::DATE - i::INTEGER", "DATE", nullptr},
      {"'infinity'::DATE", "DATE", nullptr},
      {"'00:00:01'::TIME + to_microseconds(i * 1234567)", "TIME", nullptr},
      {"'2000-01-01'::TIMESTAMP - to_microseconds(i * 1234567891)", "TIMESTAMP", nullptr},
      {"'2000-01-01 00:00:00+00'::TIMESTAMPTZ + to_seconds(i)", "TIMESTAMP WITH TIME ZONE", nullptr},
      {"('2000-01-01'::TIMESTAMP + to_seconds(i))::TIMESTAMP_S", "TIMESTAMP_S", nullptr},
      {"('2000-01-01'::TIMESTAMP + to_milliseconds(i))::TIMESTAMP_MS", "TIMESTAMP_MS", nullptr},
      {"make_timestamp_ns(i * 123456789)", "TIMESTAMP_NS", nullptr},
      {"('a0eebc99-9c0b-4ef8-bb6d-' || lpad(i::VARCHAR, 12, '0'))::UUID", "VARCHAR", nullptr},
      {"(['a', 'b', 'c'])[i % 3 + 1]::ENUM('a', 'b', 'c')", "VARCHAR", nullptr},
      {"to_days(i::INTEGER)", "VARCHAR", "CASE WHEN i = 0 THEN 'PT0S' ELSE 'P' || i || 'D' END"},
      {"('{\"a\": ' || i || '}')::JSON", "VARCHAR", nullptr},
      {"range(i % 4)", "BIGINT[]", nullptr},
      {"[i::VARCHAR, NULL, 'x']", "VARCHAR[]", nullptr},
      {"[[i], [], NULL, [i, NULL]]", "BIGINT[][]", nullptr},
      {"[i, NULL, 3]::BIGINT[3]", "BIGINT[3]", nullptr},
      {"{'a': i, 'b': CASE WHEN i % 2 = 0 THEN 'x' END, 'c': [i]}", "STRUCT(a BIGINT, b VARCHAR, c BIGINT[])", nullptr},
      {"[{'a': i}, {'a': NULL}, NULL]", "STRUCT(a BIGINT)[]", nullptr},
      {"MAP {'k': i, 'l': NULL}", "MAP(VARCHAR, BIGINT)", nullptr},
      {"MAP {i: ['v']}", "MAP(BIGINT, VARCHAR[])", nullptr},
  };
}

// Nulls: none, some, in the second half only (so that a batch meets its first null late), all but few.
constexpr const char* kNullRules[] = {"false", "i % 3 = 1", "i > 2500", "i % 100 > 0"};

TEST(EncodeArrow, ArrivesAsItLeft) {
  auto connection = connect();
  ArrowReader reader;
  for (const auto& test : column_cases()) {
    for (const auto* is_null : kNullRules) {
      const std::string rows = std::string("(SELECT i, ") + test.value + " AS v FROM range(3000) r(i))";
      // By a join, as CASE does not take all types.
      const auto sql = "SELECT a.i AS i, b.v AS v FROM range(3000) a(i) LEFT JOIN (SELECT * FROM " + rows + " WHERE NOT (" + is_null +
                       ")) b ON a.i = b.i ORDER BY a.i";
      const auto bytes = read_all(*connection, sql, Format::ArrowStream, 20000);
      reader.load(bytes, "got");
      const std::string expected = test.expected == nullptr ? std::string("v::") + test.as : test.expected;
      reader.run("CREATE OR REPLACE TABLE want AS SELECT i, CASE WHEN v IS NOT NULL THEN (" + expected + ")::VARCHAR END AS v FROM (" +
                 sql + ")");
      EXPECT_EQ(reader.number("SELECT count(*) FROM got"), 3000) << test.value;
      EXPECT_EQ(reader.number("SELECT count(*) FROM (SELECT DISTINCT typeof(v) AS t FROM got) WHERE t = " + quote_literal(test.as)), 1)
          << test.value;
      EXPECT_EQ(reader.number("SELECT count(*) FROM want JOIN got USING (i) WHERE want.v IS DISTINCT FROM got.v::VARCHAR"), 0)
          << test.value << " null if " << is_null;
    }
  }
}

TEST(EncodeArrow, EmptyAnswerHasASchema) {
  auto connection = connect();
  const auto bytes = read_all(*connection, "SELECT 1 AS a, 'x' AS b WHERE false", Format::ArrowStream);
  ArrowReader reader;
  reader.load(bytes, "got");
  EXPECT_EQ(reader.number("SELECT count(*) FROM got"), 0);
  EXPECT_EQ(reader.number("SELECT count(*) FROM pragma_table_info('got') WHERE (name, type) IN (('a', 'INTEGER'), ('b', 'VARCHAR'))"), 2);
  EXPECT_TRUE(bytes.ends_with(std::string_view("\xff\xff\xff\xff\0\0\0\0", 8)));
}

TEST(EncodeArrow, PiecesAreBounded) {
  auto connection = connect();
  for (const std::size_t target : {10'000, 256'000}) {
    auto cursor = connection->query("SELECT range AS a, repeat('x', (range % 200)::INTEGER) AS b FROM range(100000)");
    ASSERT_TRUE(cursor);
    std::string piece;
    std::int64_t rows = 0;
    std::size_t pieces = 0;
    while (*(*cursor)->encode(Format::ArrowStream, target, piece, rows)) {
      EXPECT_LT(piece.size(), target + target / 4 + 20'000);
      ++pieces;
    }
    EXPECT_EQ(rows, 100000);
    EXPECT_LT(pieces, 2 * 100000 * 113 / target);
  }
}

// What a mask hid from the reader must not travel beneath the null, whatever DuckDB left in the vector.
TEST(ArrowColumn, NullsCoverNothing) {
  constexpr std::uint64_t kSecret = 0x0123456789abcdef;
  constexpr std::size_t kRows = 100;
  const TypeHandle number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  auto* raw_number = number.get();
  const char* member = "a";
  const TypeHandle record(duckdb_create_struct_type(&raw_number, &member, 1));
  const TypeHandle pair(duckdb_create_array_type(number.get(), 2));
  struct Case {
    duckdb_logical_type type;
    std::function<duckdb_vector(duckdb_vector)> values;  // the vector of numbers within
    std::size_t per_row;
  };
  for (const auto& test : std::vector<Case>{
           {number.get(), [](duckdb_vector vector) { return vector; }, 1},
           {record.get(), [](duckdb_vector vector) { return duckdb_struct_vector_get_child(vector, 0); }, 1},
           {pair.get(), duckdb_array_vector_get_child, 2},
       }) {
    auto raw_type = test.type;
    const ChunkHandle chunk(duckdb_create_data_chunk(&raw_type, 1));
    duckdb_data_chunk_set_size(chunk.get(), kRows);
    auto* const vector = duckdb_data_chunk_get_vector(chunk.get(), 0);
    auto* const values = static_cast<std::uint64_t*>(duckdb_vector_get_data(test.values(vector)));
    duckdb_vector_ensure_validity_writable(vector);
    for (std::size_t row = 0; row < kRows; ++row) {
      const bool is_null = row % 3 != 0;
      for (std::size_t i = 0; i < test.per_row; ++i) values[row * test.per_row + i] = is_null ? kSecret : row;
      duckdb_validity_set_row_validity(duckdb_vector_get_validity(vector), row, !is_null);
    }
    const auto type = read_type(test.type);
    VectorView view(type);
    view.bind(vector);
    ArrowColumn column(type);
    ASSERT_TRUE(column.append(view, 0, kRows));
    nanoarrow::UniqueSchema schema;
    ASSERT_TRUE(make_arrow_schema({{"v", type.name}}, {type}, schema.get()));
    nanoarrow::UniqueArrayView array;
    ASSERT_EQ(ArrowArrayViewInitFromSchema(array.get(), schema.get(), nullptr), NANOARROW_OK);
    column.expose(array->children[0]);
    const auto* numbers = array->children[0];
    if (numbers->n_children > 0) numbers = numbers->children[0];
    ASSERT_EQ(numbers->length, kRows * test.per_row);
    for (std::size_t i = 0; i < kRows * test.per_row; ++i) {
      const auto row = i / test.per_row;
      EXPECT_EQ(ArrowArrayViewIsNull(array->children[0], static_cast<std::int64_t>(row)), row % 3 != 0);
      EXPECT_EQ(ArrowArrayViewGetUIntUnsafe(numbers, static_cast<std::int64_t>(i)), row % 3 == 0 ? row : 0) << type.name;
    }
  }
}

TEST(EncodeArrow, RefusesWhatItCannotSay) {
  auto connection = connect();
  for (const char* type :
       {"VARIANT", "TIMETZ", "UHUGEINT", "BIT", "BIGNUM", "GEOMETRY", "UNION(a INTEGER)", "BIT[]", "STRUCT(a MAP(VARCHAR, TIMETZ))"}) {
    auto cursor = connection->query(std::string("SELECT NULL::") + type + " AS odd");
    ASSERT_TRUE(cursor) << cursor.error().detail;
    std::string out;
    std::int64_t rows = 0;
    auto encoded = (*cursor)->encode(Format::ArrowStream, 1000, out, rows);
    ASSERT_FALSE(encoded) << type;
    EXPECT_EQ(encoded.error().id, "query.type_unsupported");
    EXPECT_NE(encoded.error().message.find("odd"), std::string::npos);
  }
  auto cursor = connection->query("SELECT '100000000000000000000000000000000000000'::HUGEINT AS h");
  ASSERT_TRUE(cursor);
  std::string out;
  std::int64_t rows = 0;
  auto encoded = (*cursor)->encode(Format::ArrowStream, 1000, out, rows);
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().id, "query.out_of_range");
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

// A stream of any length takes the memory of a few pieces.
TEST(Encode, RunsInConstantMemory) {
  auto connection = connect();
  const std::string sql =
      "SELECT range AS a, range * 0.5 AS b, 'text ' || range AS c, '2000-01-01'::TIMESTAMP + to_seconds(range) AS d "
      "FROM range(5000000)";
  for (const auto format : {Format::Json, Format::Csv, Format::ArrowStream}) {
    auto cursor = connection->query(sql);
    ASSERT_TRUE(cursor);
    std::string piece;
    std::int64_t rows = 0;
    for (int i = 0; i < 20; ++i) ASSERT_TRUE((*cursor)->encode(format, 256 << 10, piece, rows));
    const auto before = resident_bytes();
    std::size_t bytes = 0;
    while (*(*cursor)->encode(format, 256 << 10, piece, rows)) bytes += piece.size();
    EXPECT_EQ(rows, 5'000'000);
    EXPECT_GT(bytes, 100U << 20);
    EXPECT_LT(resident_bytes(), before + (32U << 20));
  }
}

}  // namespace
}  // namespace weft::duck
