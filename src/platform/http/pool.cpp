#include "platform/http/pool.h"

#include <pthread.h>

#include <utility>

namespace weft::http {

WorkPool::WorkPool(std::string name, int threads, int max_queued)
    : name_(std::move(name)), thread_count_(threads), max_queued_(max_queued) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

WorkPool::~WorkPool() { stop(); }

bool WorkPool::try_reserve() {
  const std::lock_guard lock(mutex_);
  if (stopping_ || reserved_ >= max_queued_) return false;
  ++reserved_;
  return true;
}

void WorkPool::run_new(Task task) { submit({std::move(task), 1}); }

void WorkPool::run_more(Task task) { submit({std::move(task), 0}); }

void WorkPool::submit(Entry entry) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(entry));
  }
  changed_.notify_one();
}

void WorkPool::work() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto entry = std::move(queue_.front());
    queue_.pop_front();
    reserved_ -= entry.places;
    ++busy_;
    lock.unlock();
    entry.task();
    entry.task = nullptr;  // what it owns ends outside the lock
    lock.lock();
    --busy_;
  }
}

PoolState WorkPool::state() const {
  const std::lock_guard lock(mutex_);
  return {name_, thread_count_, busy_, static_cast<int>(queue_.size())};
}

void WorkPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace weft::http
