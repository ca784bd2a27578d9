// A fixed number of places, handed out in the order of asking: nobody overtakes, nobody starves. Knows nothing of what
// stands on a place.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace weft {

// Thread-safe. A place may be empty (nullptr): whoever got it fills it.
template <typename Connection>
class ConnectionPool {
 public:
  explicit ConnectionPool(std::size_t places) : idle_(places) {}

  // Waits at most `timeout` for a place; nullopt when it ran out.
  [[nodiscard]] std::optional<std::unique_ptr<Connection>> acquire(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    // release() serves those who wait first: an idle place means that nobody does.
    if (!idle_.empty()) return take_idle();
    Waiter& waiter = waiting_.emplace_back();
    const auto place = std::prev(waiting_.end());
    const bool served = waiter.wake.wait_for(lock, timeout, [&] { return waiter.connection.has_value(); });
    std::optional<std::unique_ptr<Connection>> connection;
    if (served) connection = std::move(*waiter.connection);
    waiting_.erase(place);
    return connection;
  }

  // Gives a place back, to whoever waits longest.
  void release(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    for (Waiter& waiter : waiting_) {
      if (waiter.connection) continue;
      waiter.connection = std::move(connection);
      waiter.wake.notify_one();
      return;
    }
    idle_.push_back(std::move(connection));
  }

  // How many wait right now, for metrics.
  [[nodiscard]] std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  struct Waiter {
    std::condition_variable wake;
    std::optional<std::unique_ptr<Connection>> connection;
  };

  std::unique_ptr<Connection> take_idle() {
    // The one used last: its caches are warm, and on PostgreSQL the others may stay unopened.
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::list<Waiter> waiting_;
};

}  // namespace weft
