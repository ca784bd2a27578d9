// Stops a run that is queued or running. What was in service stays in service.
#pragma once

#include "mesh/run/run_ports.h"

namespace weft {

// What whoever may not know of a run is told.
[[nodiscard]] Error run_not_found();

// What the caller may know: runs of the domains that he keeps. Errors: `run.not_found`.
[[nodiscard]] Result<Run> get_run(Tx& tx, const Principal& who, RunStore& runs, const RunId& id);

// Marks it as cancelled; the caller then stops the worker. Errors: `run.not_found`, `run.not_open` (409).
[[nodiscard]] Result<Run> cancel_run(Tx& tx, const Context& context, const RunPorts& ports, const RunId& id);

// How long scheduled refreshes pause at least after so many failures in a row: a minute, doubling up to an hour.
[[nodiscard]] std::int64_t retry_pause_seconds(int failures);

struct EndedRun {
  const Run& run;
  Timestamp at;
  int failures = 0;  // in a row
};
// When the object of a run that ended without success is due again by its rate.
[[nodiscard]] Result<void> schedule_next(Tx& tx, const RunPorts& ports, const EndedRun& ended);

}  // namespace weft
