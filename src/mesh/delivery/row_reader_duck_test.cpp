#include "mesh/delivery/row_reader_duck.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/temporary_folder_test.h"

namespace weft {
namespace {

class ParquetAnswerTest : public testing::Test {
 protected:
  ParquetAnswerTest() {
    duck::InstanceOptions options;
    options.allowed_folders = {folder_.path()};
    instance_ = duck::open_instance(options).value();
    reader_ = make_duck_row_reader(instance_, {folder_.path(), 0});
    auto connection = instance_->connect().value();
    EXPECT_TRUE(
        connection->execute(fmt::format("COPY (SELECT range AS id, 'text ' || range AS text FROM range(1000)) TO {} (FORMAT parquet)",
                                        duck::quote_literal(snapshot_.string()))));
  }

  struct Answer {
    std::string bytes;
    std::int64_t rows = 0;
  };
  Answer ask(const std::vector<std::pair<std::string, std::string>>& parameters,
             const ReadSchema& schema = {{"id", "BIGINT"}, {"text", "VARCHAR"}}, const std::vector<GrantLimits>& limits = {}) {
    ReadRequest request;
    request.parameters = parameters;
    const auto plan = plan_read(parse_read_query(request).value(), schema, limits).value();
    auto stream = reader_->read(snapshot_, plan, DataFormat::Parquet, {}).value();
    Answer answer;
    std::string chunk;
    const auto announced = stream->bytes();
    while (stream->next(chunk, answer.rows).value()) answer.bytes += chunk;
    EXPECT_EQ(announced, answer.bytes.size());
    return answer;
  }

  // What DuckDB reads in an answer.
  std::string read(const std::string& select, const Answer& answer) {
    const auto file = folder_.path() / "answer.parquet";
    std::ofstream(file, std::ios::binary) << answer.bytes;
    auto cursor =
        instance_->connect().value()->query(fmt::format("SELECT {} FROM read_parquet({})", select, duck::quote_literal(file.string())));
    if (!cursor) return cursor.error().detail;
    return json::serialize(cursor.value()->rows().value().at(0).at(0));
  }

  std::string snapshot_bytes() const {
    std::ostringstream bytes;
    bytes << std::ifstream(snapshot_, std::ios::binary).rdbuf();
    return bytes.str();
  }

  TemporaryFolder folder_;
  std::filesystem::path snapshot_ = folder_.path() / "snapshot.parquet";
  std::shared_ptr<duck::Instance> instance_;
  std::unique_ptr<RowReader> reader_;
};

TEST_F(ParquetAnswerTest, IsTheSnapshotItselfWhereNothingIsChanged) {
  const auto answer = ask({});
  EXPECT_EQ(answer.bytes, snapshot_bytes());
  EXPECT_EQ(answer.rows, 1000);
}

TEST_F(ParquetAnswerTest, HoldsOnlyTheColumnsOfThePort) {
  // The file has a column that the port has not.
  const auto answer = ask({}, {{"id", "BIGINT"}});
  EXPECT_EQ(answer.bytes.find("text 7"), std::string::npos);
  EXPECT_EQ(read("count(*)", answer), "1000");
  const auto limited = ask({}, {{"id", "BIGINT"}, {"text", "VARCHAR"}}, {{"", {"text"}}});
  EXPECT_NE(read("text", limited), "\"text 0\"");
  EXPECT_EQ(read("sum(id)::BIGINT", limited), "499500");
}

TEST_F(ParquetAnswerTest, BindsValues) {
  const auto answer = ask({{"text", "in.(\"text 7\",\"it's not there\")"}, {"id", "gte.5"}});
  EXPECT_EQ(answer.rows, 1);
  EXPECT_EQ(read("text", answer), "\"text 7\"");
  EXPECT_EQ(ask({{"id", "gt.5000"}}).rows, 0);
}

TEST_F(ParquetAnswerTest, LeavesNothingBehind) {
  (void)ask({{"id", "gte.5"}});
  int files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(folder_.path())) ++files;
  EXPECT_EQ(files, 1);
}

}  // namespace
}  // namespace weft
