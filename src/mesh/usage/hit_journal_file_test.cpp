#include "mesh/usage/hit_journal_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "platform/crypto/crypto.h"

namespace weft {
namespace {

class HitJournalTest : public ::testing::Test {
 protected:
  HitJournalTest() : folder_(std::filesystem::temp_directory_path() / ("weft-journal-" + to_base64url(random_bytes(9)))) {
    std::filesystem::create_directories(folder_);
  }
  ~HitJournalTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<HitJournal> open(JournalSync sync = JournalSync::Batch, std::int64_t segment_bytes = 1 << 20) {
    auto journal = open_hit_journal({folder_, sync, segment_bytes});
    EXPECT_TRUE(journal) << journal.error().message;
    return std::move(*journal);
  }
  static Hit hit(int number) { return {Timestamp{1'000 + number}, ProductId("p"), "port", UserId("u"), "data", number, 10 * number}; }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> list;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.path().filename().string().starts_with("hits-")) list.push_back(entry.path());
    }
    std::ranges::sort(list);
    return list;
  }
  // From the beginning, a few at a time.
  static std::vector<Hit> all(HitJournal& journal, std::size_t at_once) {
    std::vector<Hit> hits;
    for (HitJournal::Position position;;) {
      const auto batch = journal.read(position, at_once);
      EXPECT_TRUE(batch);
      hits.insert(hits.end(), batch->hits.begin(), batch->hits.end());
      if (batch->end == position) return hits;
      position = batch->end;
    }
  }

  std::filesystem::path folder_;
};

TEST_F(HitJournalTest, GivesBackEachHitOnceHoweverOneReads) {
  for (const auto sync : {JournalSync::Batch, JournalSync::Always}) {
    auto journal = open(sync);
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(journal->append(hit(i)));
  }
  auto journal = open();
  std::vector<Hit> expected;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 7; ++i) expected.push_back(hit(i));
  }
  for (const std::size_t at_once : {1U, 3U, 100U}) EXPECT_EQ(all(*journal, at_once), expected) << at_once;
}

TEST_F(HitJournalTest, PassesOverWhatACrashTore) {
  {
    auto journal = open();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal->append(hit(i)));
  }
  ASSERT_EQ(files().size(), 1U);
  std::ofstream(files()[0], std::ios::app) << "half a rec";
  auto journal = open();
  ASSERT_TRUE(journal->append(hit(3)));
  EXPECT_EQ(all(*journal, 100), (std::vector<Hit>{hit(0), hit(1), hit(2), hit(3)}));
}

TEST_F(HitJournalTest, ForgetsSegmentsThatAreFolded) {
  auto journal = open(JournalSync::Batch, 200);  // a few hits each
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(journal->append(hit(i)));
  const auto before = files().size();
  ASSERT_GT(before, 2U);
  const auto batch = journal->read({}, 1000);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->hits.size(), 20U);
  journal->forget_before(batch->end.segment);
  EXPECT_LT(files().size(), before);
  ASSERT_TRUE(journal->append(hit(20)));
  const auto rest = journal->read(batch->end, 1000);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->hits, (std::vector<Hit>{hit(20)}));
}

}  // namespace
}  // namespace weft
