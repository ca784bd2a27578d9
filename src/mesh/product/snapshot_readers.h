// Who may be reading snapshots just now, so that none goes while somebody is about to open it: old files are removed once
// everybody has left who was inside when they were forgotten.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace weft {

// Thread-safe. Outlives its guards.
class SnapshotReaders {
 public:
  // From before the look-up of a snapshot to the end of reading it.
  class Guard {
   public:
    Guard(Guard&& other) noexcept : readers_(std::exchange(other.readers_, nullptr)), ticket_(other.ticket_) {}
    Guard& operator=(Guard&&) = delete;
    Guard(const Guard&) = delete;
    ~Guard() {
      if (readers_ != nullptr) readers_->leave(ticket_);
    }

   private:
    friend class SnapshotReaders;
    Guard(SnapshotReaders* readers, std::uint64_t ticket) : readers_(readers), ticket_(ticket) {}
    SnapshotReaders* readers_;
    std::uint64_t ticket_;
  };

  [[nodiscard]] Guard enter() {
    const std::scoped_lock lock(mutex_);
    inside_.insert(next_);
    return Guard(this, next_++);
  }

  // REQUIRES: nobody who enters from now on finds what `remove` takes away. It must not throw, and runs on the thread of
  // whoever leaves last, or at once.
  void when_left(std::function<void()> remove) {
    {
      const std::scoped_lock lock(mutex_);
      if (!inside_.empty()) {
        removals_.emplace_back(next_, std::move(remove));
        return;
      }
    }
    remove();
  }

 private:
  void leave(std::uint64_t ticket) {
    std::vector<std::function<void()>> due;
    {
      const std::scoped_lock lock(mutex_);
      inside_.erase(ticket);
      const auto oldest = inside_.empty() ? next_ : *inside_.begin();
      while (!removals_.empty() && removals_.front().first <= oldest) {
        due.push_back(std::move(removals_.front().second));
        removals_.pop_front();
      }
    }
    for (const auto& remove : due) remove();
  }

  std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::set<std::uint64_t> inside_;
  std::deque<std::pair<std::uint64_t, std::function<void()>>> removals_;  // and who must have left before: all below
};

}  // namespace weft
