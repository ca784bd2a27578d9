#include "mesh/delivery/remember_rows.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

class GivenRows final : public RowStream {
 public:
  explicit GivenRows(std::vector<std::string> chunks) : chunks_(std::move(chunks)) {}
  Result<bool> next(std::string& chunk, std::int64_t& rows) override {
    chunk.clear();
    if (given_ == chunks_.size()) return false;
    if (chunks_[given_] == "broken") return fail(ErrorKind::Internal, "test.broken", "It broke.");
    chunk = chunks_[given_++];
    rows += 10;
    return true;
  }

 private:
  std::vector<std::string> chunks_;
  std::size_t given_ = 0;
};

struct Given {
  std::string text;
  std::int64_t rows = 0;
  bool whole = false;
};

Given read_all(RowStream& stream) {
  Given given;
  std::string chunk;
  while (true) {
    const auto more = stream.next(chunk, given.rows);
    if (!more) return given;
    given.text += chunk;
    if (!*more) break;
  }
  given.whole = true;
  return given;
}

std::unique_ptr<RowStream> kept(AnswerCache& cache, std::vector<std::string> chunks, std::size_t expected_bytes) {
  auto room = cache.begin_filling(expected_bytes);
  return keep_while_given(std::make_unique<GivenRows>(std::move(chunks)), "begun ", 5,
                          {cache, "key", {206, "0-24/25", {}, 0}, *std::move(room)});
}

TEST(RememberRowsTest, KeepsWhatWasGivenToItsEnd) {
  AnswerCache cache(1 << 20);
  const auto given = read_all(*kept(cache, {"one ", "two"}, 100));
  EXPECT_EQ(given.text, "one two");
  EXPECT_EQ(given.rows, 20);
  const auto known = cache.find("key");
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->body, "begun one two");
  EXPECT_EQ(known->rows, 25);
  EXPECT_EQ(known->status, 206);
  EXPECT_EQ(known->content_range, "0-24/25");
  EXPECT_TRUE(cache.begin_filling(1 << 18 >> 1)) << "the room is free again";
}

TEST(RememberRowsTest, KeepsNothingThatIsNotWhole) {
  AnswerCache cache(1 << 20);
  EXPECT_FALSE(read_all(*kept(cache, {"one ", "broken"}, 100)).whole);
  EXPECT_EQ(cache.find("key"), nullptr);
  {
    auto left = kept(cache, {"one ", "two"}, 100);
    std::string chunk;
    std::int64_t rows = 0;
    EXPECT_TRUE(left->next(chunk, rows).value());
  }
  EXPECT_EQ(cache.find("key"), nullptr);
}

TEST(RememberRowsTest, GivesButKeepsNotWhatIsLargerThanExpected) {
  AnswerCache cache(1 << 20);
  EXPECT_EQ(read_all(*kept(cache, {"one ", "two ", "three"}, 12)).text, "one two three");
  EXPECT_EQ(cache.find("key"), nullptr);
}

TEST(RememberRowsTest, GivesAKnownAnswerInPieces) {
  const std::string body(3 * kAnswerPieceBytes + 17, 'x');
  const auto stream = rows_of(std::make_shared<const KnownAnswer>(KnownAnswer{200, "", body, 1001}));
  EXPECT_EQ(stream->bytes(), body.size());
  std::string chunk, all;
  std::int64_t rows = 0;
  std::vector<std::int64_t> after;
  while (stream->next(chunk, rows).value()) {
    EXPECT_LE(chunk.size(), kAnswerPieceBytes);
    all += chunk;
    after.push_back(rows);
  }
  EXPECT_EQ(all, body);
  ASSERT_EQ(after.size(), 4U);
  EXPECT_EQ(after.back(), 1001);
  EXPECT_NEAR(static_cast<double>(after[0]), 333, 1);
}

}  // namespace
}  // namespace weft
