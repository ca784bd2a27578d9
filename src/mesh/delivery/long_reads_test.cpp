#include "mesh/delivery/long_reads.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

const ReadSchema kSchema = {{"id", "BIGINT"}, {"text", "VARCHAR"}};
constexpr std::int64_t kFew = 1000, kMany = 5'000'000, kVeryMany = 100'000'000;

ReadPlan plan_of(const std::vector<std::pair<std::string, std::string>>& parameters, std::string prefer = {}) {
  ReadRequest request;
  request.parameters = parameters;
  request.prefer = std::move(prefer);
  return plan_read(parse_read_query(request).value(), kSchema, {}).value();
}

TEST(IsLongTest, KnowsWhatHasToBeDoneBeforeTheFirstByteLeaves) {
  const auto all = plan_of({}), sorted = plan_of({{"order", "text"}}), top = plan_of({{"order", "text"}, {"limit", "100"}});
  const auto filtered = plan_of({{"id", "eq.5"}}), counted = plan_of({{"id", "eq.5"}, {"limit", "10"}}, "count=exact");
  using enum DataFormat;
  for (const auto rows : {kFew, kMany, kVeryMany}) {
    for (const auto format : {Json, Ndjson, Csv, ArrowStream, Parquet}) EXPECT_FALSE(is_long(all, format, rows));
    EXPECT_EQ(is_long(sorted, Csv, rows), rows != kFew);
    EXPECT_EQ(is_long(filtered, Parquet, rows), rows != kFew);
    for (const auto* scan : {&top, &filtered, &counted}) EXPECT_EQ(is_long(*scan, Json, rows), rows == kVeryMany);
  }
  EXPECT_FALSE(is_long(plan_of({{"limit", "10"}}), Json, kVeryMany));
  EXPECT_FALSE(is_long(plan_of({{"limit", "10"}, {"offset", "90000000"}}), Json, kVeryMany));
}

TEST(LongReadsTest, LeavesPlacesToOthers) {
  LongReads reads({.per_user = 2, .working = 3});
  const UserId ann("ann"), bob("bob");
  std::optional<LongRead> first(reads.take(ann).value());
  auto second = reads.take(ann).value();
  const auto refused = reads.take(ann);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "data.too_many_long_reads");
  EXPECT_GT(refused.error().retry_after_seconds.value_or(0), 0);
  auto third = reads.take(bob).value();
  const auto busy = reads.take(bob);
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().id, "data.busy");

  // What only waits for its reader is in nobody's way but his own.
  second.rest();
  second.rest();
  EXPECT_EQ(reads.take(ann).error().id, "data.too_many_long_reads");
  std::optional<LongRead> fourth(reads.take(bob).value());
  EXPECT_EQ(reads.take(UserId("cat")).error().id, "data.busy");
  fourth.reset();
  EXPECT_TRUE(reads.take(UserId("cat")));
  first.reset();
  EXPECT_TRUE(reads.take(ann));
}

}  // namespace
}  // namespace weft
