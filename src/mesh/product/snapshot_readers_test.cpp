#include "mesh/product/snapshot_readers.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace weft {
namespace {

TEST(SnapshotReaders, RemoveAtOnceWhereNobodyReads) {
  SnapshotReaders readers;
  std::string removed;
  readers.when_left([&] { removed += "a"; });
  EXPECT_EQ(removed, "a");
}

TEST(SnapshotReaders, WaitForThoseWhoWereInsideAndForNobodyElse) {
  SnapshotReaders readers;
  std::string removed;
  std::optional first(readers.enter()), second(readers.enter());
  readers.when_left([&] { removed += "a"; });
  std::optional third(readers.enter());
  readers.when_left([&] { removed += "b"; });
  second.reset();
  EXPECT_EQ(removed, "");
  first.reset();
  EXPECT_EQ(removed, "a") << "the third came after it was forgotten";
  const auto moved = std::move(*third);
  third.reset();
  EXPECT_EQ(removed, "a") << "whoever a guard was moved to is inside";
  {
    const SnapshotReaders::Guard gone(readers.enter());
  }
  EXPECT_EQ(removed, "a");
}

TEST(SnapshotReaders, LeaveInAnyOrder) {
  SnapshotReaders readers;
  std::string removed;
  std::optional first(readers.enter());
  readers.when_left([&] { removed += "a"; });
  std::optional second(readers.enter());
  readers.when_left([&] { removed += "b"; });
  second.reset();
  EXPECT_EQ(removed, "");
  first.reset();
  EXPECT_EQ(removed, "ab");
}

}  // namespace
}  // namespace weft
