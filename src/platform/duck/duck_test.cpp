#include "platform/duck/duck.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "platform/duck/test_instance.h"

namespace weft::duck {
namespace {

TEST(Instance, RunsAndCounts) {
  auto connection = connect();
  EXPECT_TRUE(connection->execute("CREATE TABLE t(i INTEGER, s VARCHAR)").has_value());
  auto changed = connection->execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  ASSERT_TRUE(changed) << changed.error().detail;
  EXPECT_EQ(*changed, 2);
  changed = connection->execute("DELETE FROM t WHERE s = $1", {std::string("a")});
  ASSERT_TRUE(changed) << changed.error().detail;
  EXPECT_EQ(*changed, 1);
  EXPECT_EQ(read_all(*connection, "SELECT * FROM t", Format::Json), R"([{"i":2,"s":"b"}])");
}

TEST(Instance, BindsParameters) {
  auto connection = connect();
  auto cursor = connection->query("SELECT $1 AS a, $2::BIGINT AS b, $3::DOUBLE AS c, $4 AS d, $5::BOOLEAN AS e",
                                  {std::monostate{}, std::int64_t{-5}, 0.5, std::string("x\"y"), true});
  ASSERT_TRUE(cursor) << cursor.error().detail;
  EXPECT_EQ(read_all(**cursor, Format::Json), R"([{"a":null,"b":-5,"c":0.5,"d":"x\"y","e":true}])");
}

struct FailureCase {
  const char* sql;
  const char* id;
  ErrorKind kind;
};

TEST(Instance, NamesWhatTheUserDidWrong) {
  auto connection = connect();
  for (const auto& test : {
           FailureCase{"SELEC 1", "query.parser", ErrorKind::Invalid},
           FailureCase{"SELECT nosuch FROM range(1)", "query.binder", ErrorKind::Invalid},
           FailureCase{"SELECT * FROM nosuch", "query.binder", ErrorKind::Invalid},
           FailureCase{"SELECT 'x'::INTEGER", "query.conversion", ErrorKind::Invalid},
           FailureCase{"SELECT s::INTEGER FROM (SELECT 'a' || range AS s FROM range(10))", "query.conversion", ErrorKind::Invalid},
           FailureCase{"SELECT 2147483647::INTEGER + range::INTEGER FROM range(5)", "query.out_of_range", ErrorKind::Invalid},
           FailureCase{"SELECT CASE WHEN range = 1 THEN [1]::INTEGER[1] END FROM range(2)", "query.not_implemented", ErrorKind::Invalid},
           FailureCase{"SELECT * FROM read_text('/etc/passwd')", "query.denied", ErrorKind::Denied},
           FailureCase{"SELECT * FROM read_csv('https://127.0.0.1:1/x.csv')", "query.denied", ErrorKind::Denied},
           FailureCase{"INSTALL spatial", "query.denied", ErrorKind::Denied},
           FailureCase{"COPY (SELECT 1) TO '/tmp/weft-must-not-exist.csv'", "query.denied", ErrorKind::Denied},
           FailureCase{"ATTACH '/tmp/weft-must-not-exist.db'", "query.denied", ErrorKind::Denied},
       }) {
    auto cursor = connection->query(test.sql);
    Error error;
    if (cursor) {
      std::string out;
      std::int64_t rows = 0;
      auto encoded = (*cursor)->encode(Format::Json, 1 << 20, out, rows);
      ASSERT_FALSE(encoded) << test.sql;
      error = encoded.error();
      EXPECT_TRUE(out.empty());
      // Nothing follows a failure.
      auto after = (*cursor)->encode(Format::Json, 1 << 20, out, rows);
      EXPECT_TRUE(after && !*after);
    } else {
      error = cursor.error();
    }
    EXPECT_EQ(error.id, test.id) << test.sql << ": " << error.detail;
    EXPECT_EQ(error.kind, test.kind) << test.sql;
    EXPECT_FALSE(error.detail.empty()) << test.sql;
  }
}

TEST(Instance, LocksItsConfiguration) {
  auto connection = connect();
  for (const auto* sql :
       {"SET threads = 8", "SET memory_limit = '8GB'", "SET enable_external_access = true", "SET allowed_directories = ['/']",
        "RESET lock_configuration", "SET lock_configuration = false", "PRAGMA memory_limit = '8GB'", "LOAD '/tmp/x.duckdb_extension'"}) {
    EXPECT_FALSE(connection->execute(sql)) << sql;
  }
}

TEST(Instance, KeepsToItsMemory) {
  InstanceOptions options;
  options.memory_bytes = 64LL << 20;
  auto connection = connect(options);
  auto error = connection->execute("CREATE TABLE t AS SELECT range AS a, range::VARCHAR AS b FROM range(20000000)");
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().id, "query.memory") << error.error().detail;
  // The instance lives on.
  EXPECT_EQ(read_all(*connection, "SELECT 1 AS a", Format::Json), R"([{"a":1}])");
}

TEST(Instance, SpillsToItsTemporaryFolder) {
  const TemporaryFolder folder;
  InstanceOptions options;
  options.memory_bytes = 96LL << 20;
  options.temp_folder = folder.path();
  auto connection = connect(options);
  const std::string sql =
      "SELECT count(*) AS n FROM (SELECT hash(range) AS h, range::VARCHAR AS s FROM range(4000000) ORDER BY h, s "
      "OFFSET 10)";
  EXPECT_EQ(read_all(*connection, sql, Format::Json), R"([{"n":3999990}])");
  // It is for spills, not for SQL.
  const auto file = quote_literal((folder.path() / "x.csv").string());
  options.temp_folder.clear();
  auto without = connect(options);
  ASSERT_FALSE(without->execute("COPY (SELECT 1) TO " + file));
}

TEST(Instance, LoadsExtensionsBeforeItLocks) {
  const auto file = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "share/weft/extensions/sqlite_scanner.duckdb_extension";
  const TemporaryFolder folder;
  InstanceOptions options;
  options.extensions = {file};
  options.allowed_folders = {folder.path()};
  auto connection = connect(options);
  EXPECT_EQ(read_all(*connection,
                     "SELECT count(DISTINCT function_name) AS n FROM duckdb_functions() WHERE function_name IN "
                     "('sqlite_scan', 'read_parquet', 'read_json', 'icu_sort_key')",
                     Format::Json),
            R"([{"n":4}])");
  options.extensions = {folder.path() / "missing.duckdb_extension"};
  EXPECT_FALSE(open_instance(options));
}

TEST(Instance, ServesManyConnectionsAtOnce) {
  auto instance = open_instance({});
  ASSERT_TRUE(instance);
  std::vector<std::jthread> threads;
  std::array<std::int64_t, 8> rows{};
  for (auto& count : rows) {
    threads.emplace_back([&] {
      auto connection = (*instance)->connect();
      read_all(**connection, "SELECT range AS a, range::VARCHAR AS b FROM range(50000)", Format::Json, 10000, &count);
    });
  }
  threads.clear();
  for (const auto count : rows) EXPECT_EQ(count, 50000);
}

TEST(Instance, TellsItsMemory) {
  auto instance = open_instance({});
  ASSERT_TRUE(instance);
  auto connection = (*instance)->connect();
  ASSERT_TRUE(connection);
  const auto before = (*instance)->memory_used();
  ASSERT_TRUE((*connection)->execute("CREATE TABLE t AS SELECT random() AS a FROM range(1000000)"));
  EXPECT_GT((*instance)->memory_used(), before + (4 << 20));
}

TEST(Instance, OutlivesItsOwnerWhileACursorRuns) {
  std::unique_ptr<Cursor> cursor;
  {
    auto connection = connect();
    cursor = std::move(*connection->query("SELECT range AS a FROM range(3)"));
  }
  EXPECT_EQ(read_all(*cursor, Format::Ndjson), "{\"a\":0}\n{\"a\":1}\n{\"a\":2}\n");
}

TEST(Instance, ReadsAndWritesParquetInItsFolder) {
  const TemporaryFolder folder;
  InstanceOptions options;
  options.allowed_folders = {folder.path()};
  auto connection = connect(options);
  const auto file = quote_literal((folder.path() / "out.parquet").string());
  auto written = connection->execute("COPY (SELECT range AS a, range % $1 AS b FROM range(100000)) TO " + file +
                                         " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20000)",
                                     {std::int64_t{7}});
  ASSERT_TRUE(written) << written.error().detail;
  EXPECT_EQ(*written, 100000);
  EXPECT_EQ(read_all(*connection, "SELECT count(*) AS n, sum(b)::BIGINT AS b FROM read_parquet(" + file + ")", Format::Json),
            R"([{"n":100000,"b":299995}])");
  EXPECT_EQ(read_all(*connection,
                     "SELECT DISTINCT compression, count(DISTINCT row_group_id) AS groups FROM parquet_metadata(" + file + ") GROUP BY ALL",
                     Format::Json),
            R"([{"compression":"ZSTD","groups":5}])");
}

TEST(Connection, Describes) {
  auto connection = connect();
  auto columns = connection->describe("SELECT 1 AS a, 2.50 AS b, [now()] AS c, $1::DATE AS d, {'x': 1} AS e");
  ASSERT_TRUE(columns) << columns.error().detail;
  std::string text;
  for (const auto& column : *columns) text += column.name + " " + column.type + "; ";
  EXPECT_EQ(text, "a INTEGER; b DECIMAL(3,2); c TIMESTAMP WITH TIME ZONE[]; d DATE; e STRUCT(x INTEGER); ");
  auto error = connection->describe("SELECT nosuch");
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().id, "query.binder");
}

TEST(Connection, InterruptStopsACursor) {
  auto connection = connect();
  auto cursor = connection->query("SELECT range AS a FROM range(100000000)");
  ASSERT_TRUE(cursor);
  std::string out;
  std::int64_t rows = 0;
  ASSERT_TRUE((*cursor)->encode(Format::Json, 1000, out, rows));
  connection->interrupt();
  auto encoded = (*cursor)->encode(Format::Json, 10 << 20, out, rows);
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().id, "query.interrupted");
  // The connection serves again.
  EXPECT_EQ(read_all(*connection, "SELECT 1 AS a", Format::Json), R"([{"a":1}])");
}

TEST(Connection, InterruptStopsAQueryOnAnotherThread) {
  auto connection = connect();
  std::atomic<bool> done = false;
  std::string id;
  std::jthread runner([&] {
    auto changed = connection->execute("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b");
    id = changed ? "finished" : changed.error().id;
    done = true;
  });
  // DuckDB forgets an interrupt that comes before the query has begun.
  while (!done) {
    connection->interrupt();
    std::this_thread::yield();
  }
  runner.join();
  EXPECT_EQ(id, "query.interrupted");
}

TEST(Connection, NewQueryEndsTheCursorBefore) {
  auto connection = connect();
  auto first = connection->query("SELECT range AS a FROM range(10000000)");
  ASSERT_TRUE(first);
  EXPECT_EQ(read_all(*connection, "SELECT 1 AS a", Format::Json), R"([{"a":1}])");
  std::string out;
  std::int64_t rows = 0;
  EXPECT_FALSE((*first)->encode(Format::Json, 100 << 20, out, rows));
}

TEST(Quoting, DoublesQuotes) {
  EXPECT_EQ(quote_identifier("na\"me"), "\"na\"\"me\"");
  EXPECT_EQ(quote_literal("te'xt"), "'te''xt'");
}

}  // namespace
}  // namespace weft::duck
