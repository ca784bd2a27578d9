#include "platform/process/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

namespace weft {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

struct StopSignals::Watch {
  std::function<void(int)> on_signal;
  sigset_t before{};  // what the making thread had blocked
  std::atomic<bool> over{false};
  std::thread thread;

  void wait() const {
    auto set = stop_signals();
    while (true) {
      int signal = 0;
      if (sigwait(&set, &signal) != 0) continue;
      if (over.load()) return;
      on_signal(signal);
    }
  }
};

StopSignals::StopSignals(std::function<void(int signal)> on_signal) : watch_(std::make_unique<Watch>()) {
  watch_->on_signal = std::move(on_signal);
  auto set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, &watch_->before);
  watch_->thread = std::thread([watch = watch_.get()] { watch->wait(); });
}

StopSignals::~StopSignals() {
  watch_->over.store(true);
  // To that thread alone: it waits for these signals, so this wakes it.
  pthread_kill(watch_->thread.native_handle(), SIGTERM);
  watch_->thread.join();
  pthread_sigmask(SIG_SETMASK, &watch_->before, nullptr);
}

void unblock_stop_signals() {
  auto set = stop_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void ignore_broken_pipes() { ::signal(SIGPIPE, SIG_IGN); }

std::uint64_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  auto before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

}  // namespace weft
