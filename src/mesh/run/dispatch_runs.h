// The threads that take queued runs and execute them, and the one that queues what is due.
#pragma once

#include "mesh/run/execute_run.h"

namespace weft {

class RunDispatcher {
 public:
  virtual ~RunDispatcher() = default;
  // A run was queued: look at once. Thread-safe, cheap.
  virtual void wake() = 0;
  // Stops a run that executes here; false when it does not.
  virtual bool cancel(const RunId& id) = 0;
  // Cancels nothing: what runs now is interrupted and taken up at the next start. Blocks until the threads ended.
  virtual void stop() = 0;
};

struct RunDispatcherOptions {
  int threads = 2;
  std::function<void(const Error&, std::string_view doing)> log_failure;
};

// Takes up what an earlier process left. `ports` outlive it.
[[nodiscard]] Result<std::unique_ptr<RunDispatcher>> start_run_dispatcher(const RunPorts& ports, RunDispatcherOptions options);

}  // namespace weft
