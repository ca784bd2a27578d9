#include "platform/process/data_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "platform/process/child_test.h"

namespace weft {
namespace {

using testing::HasSubstr;

class DataLockTest : public testing::Test {
 protected:
  DataLockTest() {
    std::string name = testing::TempDir() + "weft-lock-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~DataLockTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string text() const {
    std::ifstream file(folder_ / "lock");
    std::string line;
    std::getline(file, line);
    return line;
  }

  std::filesystem::path folder_;
};

TEST_F(DataLockTest, NamesTheProcessThatHoldsIt) {
  Child first([&](const Child::Report& report) {
    auto lock = DataLock::take(folder_);
    report(lock ? "taken" : "refused");
    return ::pause();
  });
  ASSERT_EQ(first.report(), "taken");
  for (int attempt = 0; attempt < 2; ++attempt) {  // a refusal changes nothing
    auto second = DataLock::take(folder_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().id, "data.in_use");
    EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
    EXPECT_THAT(second.error().message, HasSubstr("is in use by process " + std::to_string(first.pid())));
  }
  first.kill(SIGKILL);
  first.wait();
  EXPECT_TRUE(DataLock::take(folder_));
}

TEST_F(DataLockTest, IsFreeAgainAfterItsEnd) {
  {
    auto lock = DataLock::take(folder_);
    ASSERT_TRUE(lock);
    EXPECT_EQ(text(), std::to_string(::getpid()));
    EXPECT_EQ(DataLock::take(folder_).error().id, "data.in_use");  // in the same process, too
    EXPECT_EQ(text(), std::to_string(::getpid()));
    auto moved = *std::move(lock);
    EXPECT_EQ(DataLock::take(folder_).error().id, "data.in_use");
  }
  EXPECT_EQ(text(), "");
  EXPECT_TRUE(DataLock::take(folder_));
}

TEST_F(DataLockTest, ChildrenThatRunAnotherProgramDontHoldIt) {
  pid_t sleeper = 0;
  {
    auto lock = DataLock::take(folder_);
    ASSERT_TRUE(lock);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    sleeper = ::fork();
    if (sleeper == 0) {
      ::dup2(ends[1], 1);
      ::execlp("sh", "sh", "-c", "echo; exec sleep 600", nullptr);
      ::_exit(1);
    }
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);  // the program runs
    ::close(ends[0]);
    ::close(ends[1]);
  }
  EXPECT_TRUE(DataLock::take(folder_));
  ::kill(sleeper, SIGKILL);
  ::waitpid(sleeper, nullptr, 0);
}

TEST_F(DataLockTest, SaysWhyTheFolderIsUnusable) {
  auto lock = DataLock::take(folder_ / "missing");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().id, "data.unusable");
  EXPECT_THAT(lock.error().message, HasSubstr("No such file or directory"));
  std::filesystem::create_symlink("/dev/null", folder_ / "lock");
  EXPECT_EQ(DataLock::take(folder_).error().id, "data.unusable");
}

}  // namespace
}  // namespace weft
