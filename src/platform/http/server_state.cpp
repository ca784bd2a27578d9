#include "platform/http/server_state.h"

#include <fmt/format.h>

#include <cstdio>

namespace weft::http {

void ServerState::log_failure(std::string_view message) const {
  if (options.log_failure) {
    options.log_failure(message);
  } else {
    fmt::print(stderr, "http: {}\n", message);
  }
}

void ServerState::count_closed() {
  // Under the lock: who waits may destroy this as soon as it sees zero.
  const std::lock_guard lock(mutex_);
  if (connections_.fetch_sub(1, std::memory_order_acq_rel) == 1) closed_.notify_all();
}

bool ServerState::wait_until_closed(std::optional<std::chrono::steady_clock::time_point> deadline) {
  std::unique_lock lock(mutex_);
  const auto none_left = [this] { return connections() == 0; };
  if (deadline) return closed_.wait_until(lock, *deadline, none_left);
  closed_.wait(lock, none_left);
  return true;
}

bool ServerState::BodyShare::grow_to(std::uint64_t bytes) {
  if (bytes <= held_) return true;
  const auto more = bytes - held_;
  if (state_.body_bytes_.fetch_add(more, std::memory_order_relaxed) + more > state_.options.max_buffered_body_bytes) {
    state_.body_bytes_.fetch_sub(more, std::memory_order_relaxed);
    return false;
  }
  held_ = bytes;
  return true;
}

}  // namespace weft::http
