#include "platform/duck/row_feed.h"

#include <gtest/gtest.h>

#include "platform/duck/duck.h"

namespace weft::duck {
namespace {

// Counts to `rows`; with `broken`, the row after those is an error.
class Count final : public RowFeed {
 public:
  enum class End { Good, Broken };
  Count(int rows, End end) : rows_(rows), end_(end) {}
  [[nodiscard]] std::size_t columns() const override { return 2; }
  Result<bool> next(std::vector<std::optional<std::string_view>>& fields) override {
    if (ended_) return fail(ErrorKind::Internal, "test.asked_again", "the feed was asked after its end");
    if (at_ == rows_) {
      ended_ = true;
      if (end_ == End::Broken) return fail(ErrorKind::Internal, "test.broken", "the feed broke");
      return false;
    }
    text_ = std::to_string(++at_);
    fields.assign({text_, at_ % 3 == 0 ? std::nullopt : std::optional<std::string_view>("v\xc3\xa4")});
    return true;
  }

 private:
  const int rows_;
  const End end_;
  int at_ = 0;
  bool ended_ = false;
  std::string text_;
};

Result<std::vector<std::vector<json::value>>> read(Count& feed) {
  const auto instance = TRY(open_instance({}));
  const auto connection = TRY(instance->connect());
  CHECK(connection->offer_rows("feed", feed));
  const auto cursor = TRY(connection->query("SELECT count(*), sum(CAST(c0 AS BIGINT))::BIGINT, count(c1), min(c1) FROM feed()"));
  return cursor->rows();
}

TEST(RowFeed, GivesEveryRowOnce) {
  for (const int rows : {0, 1, 2047, 2048, 2049, 10'000}) {
    SCOPED_TRACE(rows);
    Count feed(rows, Count::End::Good);
    const auto found = read(feed);
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_EQ((*found)[0][0].to_number<int>(), rows);
    if (rows == 0) continue;
    EXPECT_EQ((*found)[0][1].to_number<std::int64_t>(), std::int64_t{rows} * (rows + 1) / 2);
    EXPECT_EQ((*found)[0][2].to_number<int>(), rows - rows / 3);
    EXPECT_EQ((*found)[0][3], "v\xc3\xa4");
  }
}

TEST(RowFeed, EndsTheQueryWhereItBreaks) {
  for (const int rows : {0, 5000}) {
    Count feed(rows, Count::End::Broken);
    const auto found = read(feed);
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().detail.find("the feed broke"), std::string::npos) << found.error().detail;
  }
}

}  // namespace
}  // namespace weft::duck
