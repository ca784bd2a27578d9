#include "mesh/identity/work_slots.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weft {
namespace {

TEST(WorkSlots, AreCountedByPayer) {
  WorkSlots slots({.per_payer = 2});
  auto first = slots.try_take("ann");
  const auto second = slots.try_take("ann");
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(slots.try_take("ann"));
  EXPECT_TRUE(slots.try_take("bob"));
  first.reset();
  EXPECT_TRUE(slots.try_take("ann"));
}

TEST(WorkSlots, TellWhoeverWaitsTooLong) {
  WorkSlots slots({.per_payer = 1, .patience = std::chrono::milliseconds(20)});
  const auto held = slots.try_take("ann");
  const auto refused = slots.take("ann");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "worker.too_many");
  EXPECT_EQ(refused.error().kind, ErrorKind::TooManyRequests);
  EXPECT_TRUE(refused.error().retry_after_seconds);
}

TEST(WorkSlots, RefuseAtOnceBeyondThoseWhoMayWait) {
  WorkSlots slots({.per_payer = 1, .waiting_per_payer = 0, .patience = std::chrono::hours(1)});
  const auto held = slots.try_take("ann");
  EXPECT_FALSE(slots.take("ann"));
  EXPECT_TRUE(slots.take("bob"));
}

TEST(WorkSlots, AreHandedToWhoeverWaits) {
  WorkSlots slots({.per_payer = 1, .waiting_per_payer = 1, .patience = std::chrono::hours(1)});
  std::atomic<int> freed{0};
  slots.when_freed([&] { ++freed; });
  auto held = slots.try_take("ann");
  std::atomic<bool> got{false}, leave{false};
  std::thread waiting([&] {
    const auto slot = slots.take("ann");
    got = slot.has_value();
    while (!leave) std::this_thread::yield();
  });
  held.reset();
  while (!got) std::this_thread::yield();
  EXPECT_FALSE(slots.try_take("ann"));
  leave = true;
  waiting.join();
  EXPECT_EQ(freed, 2);
  EXPECT_TRUE(slots.try_take("ann"));
}

}  // namespace
}  // namespace weft
