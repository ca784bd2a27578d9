// One run from claim to end: gather the ingredients, make the outputs, commit snapshot and end together. A failing run
// leaves the last good snapshot in service and tells the owners.
#pragma once

#include "mesh/run/run_ports.h"

namespace weft {

// REQUIRES: `run` was claimed. Blocks for as long as the run takes. Returns the run as it ended, Running where others
// ended it or took it over; an Error only when the end itself could not be written. `cancel` stops it; when `shutdown` is
// set as well it goes back to Queued, to be taken up at the next start.
[[nodiscard]] Result<Run> execute_run(const RunPorts& ports, Run run, const Cancel& cancel, const Cancel& shutdown);

}  // namespace weft
