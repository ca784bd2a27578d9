#include "base/transaction.h"

#include <gtest/gtest.h>

#include <vector>

namespace weft {
namespace {

// Gives what is in its lists, in order: what begin() and what commit() answer.
class Scripted final : public Transactor {
 public:
  std::vector<std::string> begins, commits;
  int begun = 0, committed = 0, rolled_back = 0;

  Result<std::unique_ptr<Tx>> begin(TxMode mode) override {
    EXPECT_EQ(mode, TxMode::Write);
    ++begun;
    CHECK(next(begins));
    return std::make_unique<OneTx>(*this);
  }
  std::uint64_t epoch() const override { return 0; }

 private:
  struct OneTx final : Tx {
    explicit OneTx(Scripted& given) : all(given) {}
    ~OneTx() override { all.rolled_back += over ? 0 : 1; }
    Result<void> commit() override {
      over = true;
      CHECK(next(all.commits));
      ++all.committed;
      return {};
    }
    Scripted& all;
    bool over = false;
  };
  static Result<void> next(std::vector<std::string>& answers) {
    if (answers.empty()) return {};
    const auto id = answers.front();
    answers.erase(answers.begin());
    if (id.empty()) return {};
    return fail(ErrorKind::Unavailable, id, "No.");
  }
};

Result<int> work_of(std::vector<std::string>& failures, int& done) {
  ++done;
  if (failures.empty()) return done;
  const auto id = failures.front();
  failures.erase(failures.begin());
  return fail(ErrorKind::Conflict, id, "No.");
}

TEST(TransactTest, CommitsWhatSucceeds) {
  Scripted store;
  EXPECT_EQ(transact(store, [](Tx&) -> Result<int> { return 7; }).value(), 7);
  EXPECT_EQ(store.committed, 1);
}

TEST(TransactTest, DoesAllOfItAgainWhileTheStoreIsBusy) {
  Scripted store;
  store.commits = {"store.busy"};
  std::vector<std::string> failures{"store.busy"};
  int done = 0;
  EXPECT_EQ(transact(store, [&](Tx&) { return work_of(failures, done); }).value(), 3);
  EXPECT_EQ(store.begun, 3);
  EXPECT_EQ(store.committed, 1);
  EXPECT_EQ(store.rolled_back, 1);
}

TEST(TransactTest, GivesUpAfterAFewTimes) {
  Scripted store;
  std::vector<std::string> failures(10, "store.busy");
  int done = 0;
  EXPECT_EQ(transact(store, [&](Tx&) { return work_of(failures, done); }).error().id, "store.busy");
  EXPECT_EQ(done, kMaxWriteAttempts);
  EXPECT_EQ(store.committed, 0);
}

TEST(TransactTest, DoesNothingElseAgain) {
  for (const auto* id : {"store.outcome_unknown", "store.unreachable", "product.changed"}) {
    Scripted store;
    std::vector<std::string> failures{id};
    int done = 0;
    EXPECT_EQ(transact(store, [&](Tx&) { return work_of(failures, done); }).error().id, id);
    store.commits = {id};
    EXPECT_EQ(transact(store, [](Tx&) -> Result<void> { return {}; }).error().id, id);
    EXPECT_EQ(store.begun, 2);
  }
}

}  // namespace
}  // namespace weft
