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
  // From now on no run is begun.
  virtual void close() = 0;
  // Closes; what runs may end within `grace`, the rest is interrupted and goes back into the queue. Blocks until the threads
  // ended. Idempotent.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

struct RunDispatcherOptions {
  int threads = 2;
  std::string mesh;  // the store's own name
  std::function<void(const Error&, std::string_view doing)> log_failure;
  std::function<void(RunState)> executed;  // as execute_run() left it
};

// Takes up what an earlier process left. `ports` outlive it.
[[nodiscard]] Result<std::unique_ptr<RunDispatcher>> start_run_dispatcher(const RunPorts& ports, RunDispatcherOptions options);

}  // namespace weft
