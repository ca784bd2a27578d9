// In front of the door while the server drains: what is under way finishes, new work is told to go elsewhere, and
// machines that ask still hear how it stands.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "platform/http/server.h"

namespace weft {

// What is under way, and the word when it ends. Thread-safe.
class WorkUnderWay {
 public:
  void begin();
  void end();
  // False when the deadline came first.
  bool await_none(std::chrono::steady_clock::time_point deadline);

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  int count_ = 0;
};

// Thread-safe. Outlives the server and its streams.
class DrainingHandler final : public http::Handler {
 public:
  explicit DrainingHandler(http::Handler& door) : door_(door) {}

  [[nodiscard]] http::Admission admit(const http::RequestHead& head) override;
  [[nodiscard]] http::Response handle(http::Request&& request) override;

  // From now on new work is refused. Waits until none is under way, at most until `deadline`.
  void drain(std::chrono::steady_clock::time_point deadline);

 private:
  http::Handler& door_;
  std::atomic<bool> draining_{false};
  WorkUnderWay under_way_;
};

}  // namespace weft
