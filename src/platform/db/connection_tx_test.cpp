#include "platform/db/connection_tx.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

constexpr Statement kChange{"test.change", "update grants set state = 'revoked'"};
constexpr Statement kCount{"test.count", "update hits set number = number + 1", Verdicts::Untouched};

// Each row is what happened, in its order.
class ConnectionTxTest : public testing::Test {
 protected:
  class Connection final : public SqlConnection {
   public:
    Connection(std::vector<std::string>& story, bool fails) : story_(story), fails_(fails) {}
    Result<void> begin() override { return {}; }
    Result<SqlAnswer> run(const Statement&, const SqlParams&) override {
      SqlAnswer answer;
      answer.changed = 1;
      return answer;
    }
    Result<void> commit() override {
      story_.emplace_back("commit");
      if (fails_) return fail(store_full("no room"));
      return {};
    }
    void roll_back() override { story_.emplace_back("roll back"); }
    bool is_usable() const override { return true; }

   private:
    std::vector<std::string>& story_;
    const bool fails_;
  };

  std::vector<std::string> story_of(const Statement& statement, bool fails = false) {
    std::vector<std::string> story;
    ConnectionTx::Lender lender{[](std::unique_ptr<SqlConnection>) {}, [&] { story.emplace_back("changing"); },
                                [&] { story.emplace_back("changed"); }};
    const StatementObserver nobody;
    ConnectionTx tx(std::make_unique<Connection>(story, fails), std::move(lender), nobody);
    EXPECT_TRUE(tx.execute(statement, {}));
    EXPECT_EQ(tx.commit().has_value(), !fails);
    return story;
  }
  using Story = std::vector<std::string>;
};

TEST_F(ConnectionTxTest, TellsOfACommitThatChangesVerdictsBeforeAnybodyCanSeeIt) {
  EXPECT_EQ(story_of(kChange), (Story{"changing", "commit", "changed"}));
  EXPECT_EQ(story_of(kChange, true), (Story{"changing", "commit", "changed"}));
  EXPECT_EQ(story_of(kCount), Story{"commit"});
}

}  // namespace
}  // namespace weft
