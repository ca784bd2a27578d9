// A fixed number of threads and a bounded queue before them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/http/server.h"

namespace weft::http {

// Thread-safe.
class WorkPool {
 public:
  using Task = std::move_only_function<void() noexcept>;

  WorkPool(std::string name, int threads, int max_queued);
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;
  ~WorkPool();

  // Takes a place in the queue for a new request; false when there is none. Each place is used by one run_new().
  [[nodiscard]] bool try_reserve();
  void run_new(Task task);
  // More work of a request that was let in before: never refused, as there is at most one such task per request.
  void run_more(Task task);

  [[nodiscard]] PoolState state() const;

  // Runs what is queued, then ends the threads. REQUIRES: nobody submits any more. Idempotent.
  void stop();

 private:
  struct Entry {
    Task task;
    int places = 0;  // what it frees when it starts
  };

  void submit(Entry entry);
  void work();

  const std::string name_;
  const int thread_count_;
  const int max_queued_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> queue_;
  int reserved_ = 0;
  int busy_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weft::http
