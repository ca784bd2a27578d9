#include "platform/db/sqlite_reader.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "base/temporary_folder_test.h"

namespace weft {
namespace {

class SqliteReaderTest : public testing::Test {
 protected:
  void write(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "shop.db"; }

  TemporaryFolder folder_;
};

TEST_F(SqliteReaderTest, ReadsAndCounts) {
  write("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (NULL, 2.5); CREATE TABLE \"o\"\"dd\" (a)");
  const auto reader = SqliteReader::open(file());
  ASSERT_TRUE(reader);
  const auto rows = (*reader)->query("SELECT a, b FROM t WHERE b <> ?1", {"y"});
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->at(0), (SqliteReader::Row{"1", "x"}));
  EXPECT_EQ(rows->at(1), (SqliteReader::Row{std::nullopt, "2.5"}));
  EXPECT_EQ((*reader)->count_rows("t", std::chrono::seconds(60)).value(), 2);
  EXPECT_EQ((*reader)->count_rows("o\"dd", std::chrono::seconds(60)).value(), 0);
  EXPECT_EQ((*reader)->count_rows("none", std::chrono::seconds(60)).error().id, "data_store.unreadable");
  EXPECT_EQ((*reader)->query("DELETE FROM t", {}).error().id, "data_store.unreachable") << "it is opened for reading only";
}

TEST_F(SqliteReaderTest, CountsNoLongerThanItMay) {
  write(
      "CREATE TABLE t AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i, hex(i) AS h FROM n");
  const auto reader = SqliteReader::open(file());
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->count_rows("t", std::chrono::milliseconds(-1)).value(), std::nullopt);
  EXPECT_EQ((*reader)->count_rows("t", std::chrono::seconds(60)).value(), 300'000);
}

TEST_F(SqliteReaderTest, KnowsWhenSomebodyWroteAndCopies) {
  write("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  const auto reader = SqliteReader::open(file());
  ASSERT_TRUE(reader);
  const auto before = (*reader)->version().value();
  EXPECT_EQ((*reader)->version().value(), before);
  write("INSERT INTO t VALUES (2)");
  EXPECT_NE((*reader)->version().value(), before);
  ASSERT_TRUE((*reader)->copy_to(folder_.path() / "copy.db"));
  write("DELETE FROM t");
  const auto copy = SqliteReader::open(folder_.path() / "copy.db");
  ASSERT_TRUE(copy);
  EXPECT_EQ((*copy)->count_rows("t", std::chrono::seconds(60)).value(), 2);
  EXPECT_EQ((*reader)->copy_to(folder_.path() / "none" / "copy.db").error().id, "worker.disk");
}

TEST_F(SqliteReaderTest, SaysWhatIsNoDatabase) {
  EXPECT_EQ(SqliteReader::open(file()).error().id, "data_store.unreachable");
  std::ofstream(file()) << std::string(5000, 'x');
  const auto refused = SqliteReader::open(file());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "data_store.unreadable");
  EXPECT_EQ(refused.error().message, "shop.db is no SQLite database.");
  EXPECT_FALSE(refused.error().hint.empty());
}

}  // namespace
}  // namespace weft
