// Reads that are stopped: nobody waits for them, they take too long, or they would fill the disk.
#include <gtest/gtest.h>

#include <thread>

#include "base/temporary_folder_test.h"
#include "mesh/delivery/row_reader_duck.h"

namespace weft {
namespace {

constexpr std::int64_t kRows = 30'000'000;  // to sort them takes seconds on any machine; to make them does not

class StoppedReadsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_ = std::make_unique<TemporaryFolder>();
    duck::InstanceOptions options;
    options.allowed_folders = {shared_->path()};
    options.threads = 2;
    const auto instance = duck::open_instance(options).value();
    auto connection = instance->connect().value();
    ASSERT_TRUE(connection->execute(
        fmt::format("COPY (SELECT hash(range) % 1000000007 AS id, range % 7 AS day FROM range({})) TO {} (FORMAT parquet)", kRows,
                    duck::quote_literal((shared_->path() / "large.parquet").string()))));
  }
  static void TearDownTestSuite() { shared_.reset(); }

  std::unique_ptr<RowReader> reader(DuckRowReaderOptions options) {
    std::filesystem::create_directories(spool_);
    options.spool = spool_;
    duck::InstanceOptions duck;
    duck.threads = 2;
    duck.temp_folder = spool_;
    duck.allowed_folders = {shared_->path(), spool_};
    instance_ = duck::open_instance(duck).value();
    return make_duck_row_reader(instance_, std::move(options));
  }

  static ReadPlan plan_of(const std::vector<std::pair<std::string, std::string>>& parameters) {
    ReadRequest request;
    request.parameters = parameters;
    return plan_read(parse_read_query(request).value(), {{"id", "UBIGINT"}, {"day", "BIGINT"}}, {}).value();
  }
  // The error's id; what came, if it was none.
  static std::string read(RowReader& reader, const ReadPlan& plan, DataFormat format, const StillWanted& wanted) {
    auto rows = reader.read(file(), plan, format, wanted);
    if (!rows) return rows.error().id;
    std::string chunk;
    std::int64_t count = 0;
    while (true) {
      const auto more = (*rows)->next(chunk, count);
      if (!more) return more.error().id;
      if (!*more) return fmt::format("{} rows", count);
    }
  }
  static std::filesystem::path file() { return shared_->path() / "large.parquet"; }
  std::size_t spooled() const {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(spool_)) files += entry.is_regular_file() ? 1 : 0;
    return files;
  }

  static inline std::unique_ptr<TemporaryFolder> shared_;
  TemporaryFolder folder_;
  std::filesystem::path spool_ = folder_.path() / "spool";
  std::shared_ptr<duck::Instance> instance_;
};

const StillWanted kAlways = [] { return Result<void>{}; };
const StillWanted kNever = []() -> Result<void> { return fail(ErrorKind::Denied, "test.unwanted", "Nobody wants it."); };

TEST_F(StoppedReadsTest, NobodyWaitsForThem) {
  const auto door = reader({});
  const auto sorted = plan_of({{"order", "id.desc"}});
  EXPECT_EQ(read(*door, sorted, DataFormat::Csv, kNever), "test.unwanted");
  EXPECT_EQ(read(*door, sorted, DataFormat::Parquet, kNever), "test.unwanted");
  EXPECT_EQ(spooled(), 0U);
  // While the pieces leave, too: whether the first of them came or not.
  std::atomic<bool> left{false};
  const StillWanted until_left = [&]() -> Result<void> { return left ? kNever() : Result<void>{}; };
  const auto scan = plan_of({{"day", "eq.8"}});
  std::thread leaver([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    left = true;
  });
  const auto came = read(*door, plan_of({{"order", "id.desc"}, {"day", "gte.0"}}), DataFormat::Csv, until_left);
  leaver.join();
  EXPECT_EQ(came, "test.unwanted");
  // Others read on, and so does he.
  EXPECT_EQ(read(*door, plan_of({{"limit", "10"}}), DataFormat::Json, kAlways), "10 rows");
  EXPECT_EQ(read(*door, scan, DataFormat::Json, kAlways), "0 rows");
}

TEST_F(StoppedReadsTest, TakeTooLong) {
  const auto door = reader({.time_limit = std::chrono::milliseconds(1)});
  const auto sorted = plan_of({{"order", "id.desc"}});
  EXPECT_EQ(read(*door, sorted, DataFormat::Csv, kAlways), "data.too_slow");
  EXPECT_EQ(read(*door, sorted, DataFormat::Parquet, kAlways), "data.too_slow");
  const auto again = door->read(file(), sorted, DataFormat::Csv, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::Timeout);
  EXPECT_EQ(spooled(), 0U);
}

TEST_F(StoppedReadsTest, WouldFillTheDisk) {
  const auto door = reader({.spool_bytes = 4 << 20});
  const auto filtered = plan_of({{"day", "gte.1"}});
  EXPECT_EQ(read(*door, filtered, DataFormat::Parquet, kAlways), "data.too_large");
  EXPECT_EQ(spooled(), 0U);
  const auto small = plan_of({{"day", "gte.1"}, {"limit", "1000"}});
  EXPECT_EQ(read(*door, small, DataFormat::Parquet, kAlways), "1000 rows");

  // What others still read counts, although it has no name any more; it is over when they are.
  const auto full = reader({.spool_bytes = 2 << 20});
  const auto half = plan_of({{"day", "gte.1"}, {"limit", "50000"}});
  std::vector<std::unique_ptr<RowStream>> reading;
  std::string refusal;
  while (reading.size() < 20) {
    auto rows = full->read(file(), half, DataFormat::Parquet, kAlways);
    if (!rows) {
      refusal = rows.error().id;
      break;
    }
    reading.push_back(*std::move(rows));
  }
  EXPECT_EQ(refusal, "data.spool_full") << reading.size();
  EXPECT_EQ(spooled(), 0U);
  reading.pop_back();
  EXPECT_TRUE(full->read(file(), half, DataFormat::Parquet, kAlways));
}

}  // namespace
}  // namespace weft
