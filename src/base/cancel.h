// A flag that another thread sets to stop long work.
#pragma once

#include <atomic>

namespace weft {

class Cancel {
 public:
  void cancel() { flag_.store(true, std::memory_order_release); }
  [[nodiscard]] bool cancelled() const { return flag_.load(std::memory_order_acquire); }

 private:
  std::atomic<bool> flag_{false};
};

}  // namespace weft
