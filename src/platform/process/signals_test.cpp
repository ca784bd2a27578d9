#include "platform/process/signals.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "platform/process/child_test.h"

namespace weft {
namespace {

TEST(StopSignals, CallOnAThreadOfTheirOwn) {
  Child child([](const Child::Report& report) {
    auto main_thread = std::this_thread::get_id();
    std::mutex mutex;
    std::condition_variable changed;
    int calls = 0;
    StopSignals signals([&](int signal) {
      std::lock_guard lock(mutex);  // what no signal handler may do
      report(std::to_string(signal) + (std::this_thread::get_id() == main_thread ? " main" : " own"));
      ++calls;
      changed.notify_one();
    });
    report("ready");
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return calls == 2; });
    return 7;
  });
  ASSERT_EQ(child.report(), "ready");
  child.kill(SIGTERM);
  EXPECT_EQ(child.report(), std::to_string(SIGTERM) + " own");
  child.kill(SIGINT);
  EXPECT_EQ(child.report(), std::to_string(SIGINT) + " own");
  EXPECT_EQ(child.wait(), 7);
}

TEST(StopSignals, EndTheProcessAgainAfterwards) {
  Child child([](const Child::Report& report) {
    {
      StopSignals signals([](int) {});
    }
    report("over");
    return ::pause();
  });
  ASSERT_EQ(child.report(), "over");
  child.kill(SIGTERM);
  EXPECT_EQ(child.wait(), -SIGTERM);
}

TEST(StopSignals, ChildrenCanBeTerminated) {
  Child child([](const Child::Report& report) {
    StopSignals signals([](int) {});
    pid_t grandchild = ::fork();
    if (grandchild == 0) {
      unblock_stop_signals();
      report("ready");
      return ::pause();
    }
    int status = 0;
    ::waitpid(grandchild, &status, 0);
    report(WIFSIGNALED(status) ? "terminated" : "exited");
    return 0;
  });
  ASSERT_EQ(child.report(), "ready");
  // The grandchild's pid is known to its parent only; it is the only child of the child.
  auto children = "/proc/" + std::to_string(child.pid()) + "/task/" + std::to_string(child.pid()) + "/children";
  auto* file = std::fopen(children.c_str(), "r");
  ASSERT_NE(file, nullptr);
  int grandchild = 0;
  EXPECT_EQ(std::fscanf(file, "%d", &grandchild), 1);
  std::fclose(file);
  ASSERT_GT(grandchild, 1);
  ::kill(grandchild, SIGTERM);
  EXPECT_EQ(child.report(), "terminated");
  EXPECT_EQ(child.wait(), 0);
}

TEST(Process, BrokenPipesAreErrors) {
  Child child([](const Child::Report&) {
    ignore_broken_pipes();
    int ends[2];
    if (::pipe(ends) != 0) return 1;
    ::close(ends[0]);
    return ::write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 2;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(Process, RaisesTheFileLimit) {
  Child child([](const Child::Report&) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    auto raised = raise_file_limit();
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return raised == limit.rlim_max && limit.rlim_cur == limit.rlim_max && raised > 64 ? 0 : 1;
  });
  EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace weft
