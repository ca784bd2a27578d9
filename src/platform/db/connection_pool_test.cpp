#include "platform/db/connection_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weft {
namespace {

using namespace std::chrono_literals;

TEST(ConnectionPool, HandsOutEachPlaceOnce) {
  ConnectionPool<int> pool(2);
  auto first = pool.acquire(0ms);
  auto second = pool.acquire(0ms);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, nullptr) << "places are empty at first";
  EXPECT_FALSE(pool.acquire(0ms));
  pool.release(std::make_unique<int>(7));
  const auto again = pool.acquire(0ms);
  ASSERT_TRUE(again);
  EXPECT_EQ(**again, 7) << "what was put on the place is still there";
  EXPECT_FALSE(pool.acquire(1ms));
}

TEST(ConnectionPool, ServesInTheOrderOfAsking) {
  ConnectionPool<int> pool(1);
  ASSERT_TRUE(pool.acquire(0ms));
  std::mutex mutex;
  std::vector<int> served;
  std::vector<std::jthread> threads;
  constexpr int kThreads = 8;
  for (int index = 0; index < kThreads; ++index) {
    threads.emplace_back([&, index] {
      auto place = pool.acquire(60s);
      ASSERT_TRUE(place);
      {
        const std::lock_guard lock(mutex);
        served.push_back(index);
      }
      pool.release(std::move(*place));
    });
    while (pool.waiting() != static_cast<std::size_t>(index) + 1) std::this_thread::yield();
  }
  pool.release(nullptr);
  threads.clear();
  EXPECT_EQ(served, (std::vector{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST(ConnectionPool, WhoGaveUpGetsNothing) {
  ConnectionPool<int> pool(1);
  ASSERT_TRUE(pool.acquire(0ms));
  EXPECT_FALSE(pool.acquire(1ms));
  EXPECT_EQ(pool.waiting(), 0U);
  pool.release(nullptr);
  EXPECT_TRUE(pool.acquire(0ms)) << "the place was not handed to who had gone";
}

TEST(ConnectionPool, LosesNoPlaceAmongThreadsThatGiveUp) {
  ConnectionPool<int> pool(3);
  std::atomic<int> holders = 0;
  std::atomic<bool> exceeded = false;
  std::vector<std::jthread> threads;
  for (int index = 0; index < 8; ++index) {
    threads.emplace_back([&] {
      for (int round = 0; round < 300; ++round) {
        auto place = pool.acquire(std::chrono::milliseconds(round % 2));
        if (!place) continue;
        if (++holders > 3) exceeded = true;
        std::this_thread::yield();
        --holders;
        pool.release(std::move(*place));
      }
    });
  }
  threads.clear();
  EXPECT_FALSE(exceeded);
  for (int index = 0; index < 3; ++index) EXPECT_TRUE(pool.acquire(0ms));
  EXPECT_FALSE(pool.acquire(0ms));
}

}  // namespace
}  // namespace weft
