// One job with one worker, from the hand-over of the inputs to the outputs in place: what the server does meanwhile is
// to watch limits, pass on progress, and end the worker whose time is up.
#pragma once

#include <cstdint>
#include <functional>

#include "base/json.h"
#include "base/result.h"
#include "platform/worker/relay.h"
#include "platform/worker/worker.h"
#include "platform/worker/worker_process.h"

namespace weft {

enum class Interruption { None, Cancelled, PoolStopped };

struct Attendance {
  const WorkerJob& job;
  std::int64_t memory_bytes = 0;
  std::int64_t disk_bytes = 0;
  std::function<Interruption()> interruption;  // asked every 20 ms
  const WorkerProgress& progress;
  Relay* relay = nullptr;  // where connect() leads; none: nowhere
};

// Blocks until the worker has ended. Errors: as WorkerPool::run, and `worker.start_failed` when the worker ended before
// it got the job: then another may be tried.
[[nodiscard]] Result<json::object> attend_job(WorkerProcess& worker, const Attendance& attendance);

[[nodiscard]] std::unexpected<Error> interrupted(Interruption interruption);

}  // namespace weft
