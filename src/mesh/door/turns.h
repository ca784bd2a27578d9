// One request at a time for each Idempotency-Key: the second of two that came at once waits for the first one's answer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include "base/result.h"

namespace weft {

// Thread-safe. Waiting requests hold threads of a small pool, so few may wait.
class Turns {
 public:
  struct Limits {
    std::chrono::milliseconds wait{30'000};
    int waiting = 2;
  };
  Turns() = default;
  explicit Turns(Limits limits) : limits_(limits) {}

  // Holds the turn while it lives.
  class Turn {
   public:
    Turn(Turns& turns, std::string key) : turns_(&turns), key_(std::move(key)) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)), key_(std::move(other.key_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->give_back(key_);
    }

   private:
    Turns* turns_;
    std::string key_;
  };

  // Errors: `idempotency.running` (Conflict) when it lasts too long, or too many wait.
  [[nodiscard]] Result<Turn> take(const std::string& key) {
    std::unique_lock lock(mutex_);
    if (held_.contains(key)) {
      if (waiting_ == limits_.waiting) return running();
      ++waiting_;
      const bool free = given_back_.wait_for(lock, limits_.wait, [&] { return !held_.contains(key); });
      --waiting_;
      if (!free) return running();
    }
    held_.insert(key);
    return Turn(*this, key);
  }

 private:
  static Result<Turn> running() {
    return fail(ErrorKind::Conflict, "idempotency.running", "A request with this Idempotency-Key is under way.",
                "Send it again in a moment: the answer will be that of the first.");
  }

  void give_back(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    held_.erase(key);
    given_back_.notify_all();
  }

  Limits limits_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::set<std::string> held_;
  int waiting_ = 0;
};

}  // namespace weft
