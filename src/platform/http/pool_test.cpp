#include "platform/http/pool.h"

#include "platform/http/server_fixture.h"

namespace weft::http {

namespace {

TEST(WorkPool, RefusesNewWorkBeyondItsQueueButNotWhatWasLetIn) {
  Gate gate;
  std::atomic<int> done{0};
  WorkPool pool("test", 1, 2);
  ASSERT_TRUE(pool.try_reserve());
  pool.run_new([&]() noexcept { gate.wait(); });
  ASSERT_TRUE(eventually([&] { return gate.waiting() == 1; }));
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(pool.try_reserve());
    pool.run_new([&]() noexcept { ++done; });
  }
  EXPECT_FALSE(pool.try_reserve());
  pool.run_more([&]() noexcept { ++done; });
  EXPECT_EQ(pool.state().queued, 3);
  EXPECT_EQ(pool.state().busy, 1);
  EXPECT_EQ(pool.state().threads, 1);
  gate.open();
  EXPECT_TRUE(eventually([&] { return done == 3; }));
  EXPECT_TRUE(pool.try_reserve());
  pool.run_new([]() noexcept {});
}

TEST(WorkPool, StopRunsWhatIsQueued) {
  std::atomic<int> done{0};
  WorkPool pool("test", 3, 1000);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(pool.try_reserve());
    pool.run_new([&]() noexcept { ++done; });
  }
  pool.stop();
  pool.stop();
  EXPECT_EQ(done, 1000);
  EXPECT_FALSE(pool.try_reserve());
}

}  // namespace

}  // namespace weft::http
