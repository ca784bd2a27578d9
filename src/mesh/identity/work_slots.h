// How many workers one payer may keep busy at once, by runs and by looks together, so that everybody else gets his turn.
// A payer is the person who asked, or the domain whose rate did.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"

namespace weft {

class WorkSlots;

// Gives its place back when it is destroyed.
class WorkSlot {
 public:
  WorkSlot(WorkSlot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)), payer_(std::move(other.payer_)) {}
  WorkSlot& operator=(WorkSlot&&) = delete;
  WorkSlot(const WorkSlot&) = delete;
  ~WorkSlot();

 private:
  friend class WorkSlots;
  WorkSlot(WorkSlots* slots, std::string payer) : slots_(slots), payer_(std::move(payer)) {}
  WorkSlots* slots_;
  std::string payer_;
};

struct WorkSlotOptions {
  int per_payer = 2;
  int waiting_per_payer = 2;  // each holds a thread while it waits
  std::chrono::milliseconds patience{30'000};
};

// Thread-safe. Outlives its slots.
class WorkSlots {
 public:
  explicit WorkSlots(WorkSlotOptions options) : options_(options) {}

  // nullopt: the payer has as many as he may have.
  [[nodiscard]] std::optional<WorkSlot> try_take(const std::string& payer);
  // Waits for one of his to end. Errors: `worker.too_many` (TooManyRequests).
  [[nodiscard]] Result<WorkSlot> take(const std::string& payer);
  // Called whenever a place became free.
  void when_freed(std::function<void()> freed);

 private:
  friend class WorkSlot;
  struct Payer {
    int busy = 0, waiting = 0;
  };
  void give_back(const std::string& payer);

  const WorkSlotOptions options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::map<std::string, Payer> payers_;
  std::function<void()> when_freed_;
};

inline WorkSlot::~WorkSlot() {
  if (slots_ != nullptr) slots_->give_back(payer_);
}

}  // namespace weft
