// Being asked to stop, and what else a server settles with the kernel at its start.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"

namespace weft {

// From its making, SIGTERM and SIGINT no longer end the process: each one calls `on_signal` on a thread of its own,
// where everything is allowed that is allowed on a thread; one call at a time. A signal that arrives while a call runs
// leads to one more call.
//
// REQUIRES: made on the main thread before any other thread starts (threads inherit what is blocked), at most one at a
// time. Child processes inherit it too: unblock_stop_signals() between fork and exec.
class StopSignals {
 public:
  explicit StopSignals(std::function<void(int signal)> on_signal);
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  // Waits for a call that runs. SIGTERM and SIGINT do again what they did.
  ~StopSignals();

 private:
  struct Watch;
  std::unique_ptr<Watch> watch_;
};

// Async-signal-safe.
void unblock_stop_signals();

// A peer that hung up is an error of write(), not the end of the process.
void ignore_broken_pipes();

// As many open files as the system lets us have. Returns how many that is.
std::uint64_t raise_file_limit();

}  // namespace weft
