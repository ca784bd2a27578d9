// How many reads one user may have under way at once, so that he can't take all of the server.
#pragma once

#include "mesh/identity/principal.h"

namespace weft {

class ReadingSlots;

// Gives its place back when it is destroyed.
class ReadingSlot {
 public:
  ReadingSlot(ReadingSlot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)), user_(std::move(other.user_)) {}
  ReadingSlot& operator=(ReadingSlot&&) = delete;
  ReadingSlot(const ReadingSlot&) = delete;
  ~ReadingSlot();

 private:
  friend class ReadingSlots;
  ReadingSlot(ReadingSlots* slots, UserId user) : slots_(slots), user_(std::move(user)) {}
  ReadingSlots* slots_;
  UserId user_;
};

// Thread-safe. Outlives its slots.
class ReadingSlots {
 public:
  explicit ReadingSlots(int per_user) : per_user_(per_user) {}

  // nullopt: the user has as many as he may have.
  [[nodiscard]] std::optional<ReadingSlot> take(const UserId& user) {
    const std::scoped_lock lock(mutex_);
    auto& taken = taken_[user];
    if (taken >= per_user_) return std::nullopt;
    ++taken;
    return ReadingSlot(this, user);
  }

 private:
  friend class ReadingSlot;
  void give_back(const UserId& user) {
    const std::scoped_lock lock(mutex_);
    auto found = taken_.find(user);
    if (found != taken_.end() && --found->second == 0) taken_.erase(found);
  }

  std::mutex mutex_;
  std::map<UserId, int> taken_;
  int per_user_;
};

inline ReadingSlot::~ReadingSlot() {
  if (slots_ != nullptr) slots_->give_back(user_);
}

}  // namespace weft
