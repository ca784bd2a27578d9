#include "platform/search/text_index.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace weft {
namespace {

class TextIndexTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("weft-search-{}", ::getpid());
    index_ = *make_text_index(folder_, {"domain", "tag"});
    put("1", "Flights from New York", {"domain:air", "who:all"}, "air", {"core", "time"});
    put("2", "Airports of America", {"domain:air", "who:all"}, "air", {"core"});
    put("3", "Secret flights", {"domain:navy", "who:navy"}, "navy", {});
  }
  void TearDown() override {
    index_.reset();
    std::filesystem::remove_all(folder_);
  }
  void put(std::string key, std::string title, std::vector<std::string> filters, std::string domain, std::vector<std::string> tags) {
    ASSERT_TRUE(
        index_->put({key, {{std::move(title), 5}}, std::move(filters), {{"domain", {std::move(domain)}}, {"tag", std::move(tags)}}, key}));
  }
  std::vector<std::string> find(std::string text, std::vector<std::vector<std::string>> filters = {}) {
    auto answer = index_->search({std::move(text), std::move(filters), {}, 0, 50});
    if (!answer) return {"error"};
    auto keys = answer->payloads;
    std::ranges::sort(keys);  // how relevant each one is, is Xapian's business
    return keys;
  }

  std::filesystem::path folder_;
  std::unique_ptr<TextIndex> index_;
};

TEST_F(TextIndexTest, FindsWordsTheirStemsAndBeginnings) {
  EXPECT_EQ(find("flights"), (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(find("flight york"), (std::vector<std::string>{"1"}));
  EXPECT_EQ(find("airp"), (std::vector<std::string>{"2"}));
  EXPECT_EQ(find("nothing"), (std::vector<std::string>{}));
  EXPECT_EQ(find(""), (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(TextIndexTest, TakesWhatWasMeantForATypo) {
  const auto answer = index_->search({"flihgts", {{"who:all"}}, {}, 0, 50});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->payloads, (std::vector<std::string>{"1"}));
  EXPECT_EQ(answer->corrected, "flights");
}

TEST_F(TextIndexTest, CorrectsToNoWordThatIsFilteredOut) {
  const auto answer = index_->search({"secrte", {{"who:all"}}, {}, 0, 50});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->total, 0);
  EXPECT_EQ(answer->corrected, "");
}

TEST_F(TextIndexTest, FindsAfterARestartWhatWasCommitted) {
  EXPECT_EQ(*index_->mark(), "");
  ASSERT_TRUE(index_->commit("7"));
  index_.reset();
  index_ = *make_text_index(folder_, {"domain", "tag"});
  EXPECT_EQ(*index_->mark(), "7");
  EXPECT_EQ(find(""), (std::vector<std::string>{"1", "2", "3"}));
  ASSERT_TRUE(index_->clear());
  EXPECT_EQ(*index_->mark(), "");
}

TEST_F(TextIndexTest, BeginsAnewWhereNothingCanBeOpened) {
  ASSERT_TRUE(index_->commit("7"));
  index_.reset();
  for (const auto& file : std::filesystem::directory_iterator(folder_)) std::filesystem::resize_file(file.path(), 3);
  auto made = make_text_index(folder_, {"domain", "tag"});
  ASSERT_TRUE(made) << made.error().detail;
  index_ = std::move(*made);
  EXPECT_EQ(*index_->mark(), "");
  EXPECT_EQ(find(""), (std::vector<std::string>{}));
}

TEST_F(TextIndexTest, WhatIsFilteredOutIsNotCountedEither) {
  const auto answer = index_->search({"", {{"who:all"}}, {"domain", "tag"}, 0, 1});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->total, 2);
  EXPECT_EQ(answer->payloads.size(), 1U);
  ASSERT_EQ(answer->facets.at("domain").size(), 1U);
  EXPECT_EQ(answer->facets.at("domain")[0].value, "air");
  EXPECT_EQ(answer->facets.at("domain")[0].count, 2);
  ASSERT_EQ(answer->facets.at("tag").size(), 2U);
  EXPECT_EQ(answer->facets.at("tag")[0].value, "core");
  EXPECT_EQ(find("flights", {{}}), (std::vector<std::string>{}));
}

TEST_F(TextIndexTest, ReplacesAndRemovesByKey) {
  put("1", "Trains", {"who:all"}, "rail", {});
  EXPECT_EQ(find("york"), (std::vector<std::string>{}));
  EXPECT_EQ(find("trains"), (std::vector<std::string>{"1"}));
  ASSERT_TRUE(index_->remove("1"));
  EXPECT_EQ(find("trains"), (std::vector<std::string>{}));
  ASSERT_TRUE(index_->clear());
  EXPECT_EQ(find(""), (std::vector<std::string>{}));
}

TEST_F(TextIndexTest, HarmlessWhateverIsTyped) {
  for (const auto* text : {"AND", "(", "\"", "a AND", "*", "-", "domain:air", "\x01", "'; drop"})
    EXPECT_TRUE(index_->search({text, {}, {}, 0, 5})) << text;
  EXPECT_EQ(index_->search({std::string(1001, 'a'), {}, {}, 0, 5}).error().id, "search.query");
}

}  // namespace
}  // namespace weft
