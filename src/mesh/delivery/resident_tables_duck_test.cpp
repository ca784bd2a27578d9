#include "mesh/delivery/resident_tables_duck.h"

#include <gtest/gtest.h>

#include "base/temporary_folder_test.h"
#include "mesh/delivery/row_reader_duck.h"

namespace weft {
namespace {

class ResidentTablesTest : public testing::Test {
 protected:
  ResidentTablesTest() {
    duck::InstanceOptions options;
    options.temp_folder = folder_.path() / "spool";
    options.allowed_folders = {folder_.path()};
    instance_ = duck::open_instance(options).value();
  }

  // A file of that many rows; `number` counts them backwards.
  std::filesystem::path file_of(const std::string& name, int rows) {
    const auto file = folder_.path() / (name + ".parquet");
    auto connection = instance_->connect().value();
    EXPECT_TRUE(connection->execute(
        fmt::format("COPY (SELECT {0} - range AS number, 'text ' || range AS text, CAST(range AS DECIMAL(10,2)) AS amount, "
                    "range % 7 AS day, range * 7919 % ({0} // 3) AS \"The Group\" FROM range({0})) TO {1} (FORMAT parquet)",
                    rows, duck::quote_literal(file.string()))));
    return file;
  }

  static std::shared_ptr<const ResidentTable> ask_often(ResidentTables& tables, const std::filesystem::path& file) {
    for (int i = 0; i < 5; ++i) (void)tables.find(file);
    tables.wait_until_idle();
    return tables.find(file);
  }

  std::int64_t count_of(const std::string& function) {
    auto cursor = instance_->connect().value()->query(fmt::format("SELECT count(*) FROM {}()", function)).value();
    return cursor->rows().value().at(0).at(0).to_number<std::int64_t>();
  }
  std::int64_t tables_there() { return count_of("duckdb_tables"); }
  std::int64_t indexes_there() { return count_of("duckdb_indexes"); }

  // As often as it takes to be worth an index.
  static std::shared_ptr<const ResidentTable> ask_for_key(ResidentTables& tables, const std::filesystem::path& file,
                                                          const std::vector<std::string>& keys) {
    for (int i = 0; i < 5; ++i) (void)tables.find(file, keys);
    tables.wait_until_idle();
    return tables.find(file, keys);
  }

  TemporaryFolder folder_;
  std::shared_ptr<duck::Instance> instance_;
};

TEST_F(ResidentTablesTest, LoadsWhatIsAskedForAgain) {
  ResidentTables tables(instance_, 10 << 20);
  const auto file = file_of("a", 1000);
  EXPECT_EQ(tables.find(file), nullptr);
  tables.wait_until_idle();
  EXPECT_EQ(tables.find(file), nullptr) << "one read is not worth it";
  EXPECT_NE(ask_often(tables, file), nullptr);
}

TEST_F(ResidentTablesTest, LetsGoOfWhatWasUsedLongestAgo) {
  ResidentTables tables(instance_, 4 << 20);
  const auto a = file_of("a", 30'000), b = file_of("b", 30'000), c = file_of("c", 30'000);
  EXPECT_NE(ask_often(tables, a), nullptr);
  EXPECT_NE(ask_often(tables, b), nullptr);
  EXPECT_NE(tables.find(a), nullptr);
  EXPECT_NE(ask_often(tables, c), nullptr);
  EXPECT_EQ(tables.find(b), nullptr);
  EXPECT_NE(tables.find(a), nullptr);
  EXPECT_EQ(tables_there(), 2);
}

TEST_F(ResidentTablesTest, CountsWhatASlowReaderHolds) {
  ResidentTables tables(instance_, 4 << 20);
  const auto a = file_of("a", 30'000), b = file_of("b", 30'000), c = file_of("c", 30'000), d = file_of("d", 30'000);
  auto held_a = ask_often(tables, a), held_b = ask_often(tables, b);
  ASSERT_TRUE(held_a && held_b);
  EXPECT_EQ(ask_often(tables, c), nullptr) << "there is no room while both are read";
  EXPECT_EQ(tables_there(), 2);
  EXPECT_NE(tables.find(a), nullptr);
  held_b.reset();
  EXPECT_NE(ask_often(tables, c), nullptr) << "now there is";
  EXPECT_NE(tables.find(a), nullptr) << "the one that is being read stays, however long ago it was asked for";
  EXPECT_NE(ask_often(tables, d), nullptr);
  EXPECT_EQ(tables.find(c), nullptr);
  EXPECT_NE(tables.find(a), nullptr);
  EXPECT_EQ(tables_there(), 2);
}

TEST_F(ResidentTablesTest, RefusesWhatIsTooLargeOrUnreadable) {
  ResidentTables tables(instance_, 100'000);
  EXPECT_EQ(ask_often(tables, file_of("a", 30'000)), nullptr);
  EXPECT_EQ(ask_often(tables, folder_.path() / "nothing.parquet"), nullptr);
  ResidentTables none(instance_, 0);
  EXPECT_EQ(ask_often(none, file_of("b", 10)), nullptr);
  EXPECT_EQ(tables_there(), 0);
}

TEST_F(ResidentTablesTest, MakesAnIndexOfAKeyThatIsAskedForAgain) {
  ResidentTables tables(instance_, 100 << 20);
  const auto file = file_of("a", 30'000);
  ASSERT_NE(ask_often(tables, file), nullptr);
  EXPECT_EQ(indexes_there(), 0);
  EXPECT_NE(ask_for_key(tables, file, {"number"}), nullptr);
  EXPECT_EQ(indexes_there(), 1);
  EXPECT_NE(ask_for_key(tables, file, {"text", "number", "The Group"}), nullptr);
  EXPECT_EQ(indexes_there(), 3);
}

TEST_F(ResidentTablesTest, MakesNoIndexThatWouldNotHelpOrNotFit) {
  const auto file = file_of("a", 30'000);
  {
    ResidentTables tables(instance_, 100 << 20);
    ASSERT_NE(ask_often(tables, file), nullptr);
    EXPECT_NE(ask_for_key(tables, file, {"day", "amount", "no such column"}), nullptr);
    EXPECT_EQ(indexes_there(), 0) << "seven days, a type that is not indexed, and nothing";
    ASSERT_NE(ask_often(tables, file_of("few", 1000)), nullptr);
    EXPECT_NE(ask_for_key(tables, folder_.path() / "few.parquet", {"number"}), nullptr);
    EXPECT_EQ(indexes_there(), 0) << "a thousand rows are looked through";
  }
  ResidentTables tables(instance_, 2 << 20);
  ASSERT_NE(ask_often(tables, file), nullptr);
  EXPECT_NE(ask_for_key(tables, file, {"number"}), nullptr);
  EXPECT_EQ(indexes_there(), 0);
}

// Each query reads the same from the file and from the table.
TEST_F(ResidentTablesTest, AnswersAsTheFileDoes) {
  const auto file = file_of("a", 300'000);
  const ReadSchema schema{
      {"number", "BIGINT"}, {"text", "VARCHAR"}, {"amount", "DECIMAL(10,2)"}, {"day", "BIGINT"}, {"The Group", "BIGINT"}};
  const std::vector<std::pair<std::string, std::string>> queries[] = {
      {{"limit", "3"}},
      {{"limit", "3"}, {"offset", "299990"}},
      {{"limit", "5000"}, {"offset", "122879"}},
      {{"offset", "299990"}},
      {{"offset", "299999"}, {"select", "amount"}},
      {{"limit", "3"}, {"offset", "300000"}},
      {{"limit", "9223372036854775807"}, {"offset", "299998"}},
      {{"number", "eq.4711"}},
      {{"number", "eq.4711"}, {"select", "text"}},
      {{"number", "eq.-1"}},
      {{"number", "not.eq.4711"}, {"limit", "2"}},
      {{"or", "(number.eq.4711,number.eq.4712)"}},
      {{"The Group", "eq.99"}},
      {{"The Group", "eq.100"}, {"limit", "2"}, {"offset", "1"}},
      {{"The Group", "eq.100"}, {"number", "gt.150000"}},
      {{"The Group", "eq.101"}, {"order", "number"}},
      {{"text", "eq.text 4711"}},
      {{"text", "eq.text 4711"}, {"number", "eq.4711"}},
      {{"text", "like.text 2999*"}, {"order", "number.desc"}},
      {{"number", "lt.100"}, {"select", "n:number,amount::text"}},
      {{"text", "in.(\"text 1\",\"text 200000\",\"text 299999\")"}},
      {{"amount", "gt.299990.5"}, {"order", "amount.desc,text"}},
  };
  auto from_file = make_duck_row_reader(instance_, {folder_.path(), 0});
  auto from_table = make_duck_row_reader(instance_, {folder_.path(), 100 << 20});
  auto answer = [&](RowReader& reader, const auto& parameters) {
    ReadRequest request;
    request.parameters = parameters;
    const auto plan = plan_read(parse_read_query(request).value(), schema, {}).value();
    auto rows = reader.read(file, plan, DataFormat::Json, {}).value();
    std::string all, chunk;
    std::int64_t count = 0;
    while (rows->next(chunk, count).value()) all += chunk;
    return fmt::format("{} of {}: {}", count, reader.count(file, plan, {}).value(), all + chunk);
  };
  for (const auto& query : queries) {
    const auto wanted = answer(*from_file, query);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(answer(*from_table, query), wanted) << query.front().second;
    for (int i = 0; tables_there() == 0 && i < 30'000; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(tables_there(), 1);
  }
  for (int i = 0; indexes_there() < 3 && i < 60'000; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(indexes_there(), 3) << "number, text, The Group";
  for (const auto& query : queries) EXPECT_EQ(answer(*from_table, query), answer(*from_file, query)) << query.front().second;
}

}  // namespace
}  // namespace weft
