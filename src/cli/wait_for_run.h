// Waiting for a run with something to look at.
#pragma once

#include "cli/mesh_client.h"

namespace weft {

// Asks until the run has ended; shows its state on a terminal. Errors: the run's own failure, `run.cancelled`.
[[nodiscard]] Result<json::value> wait_for_run(MeshClient& client, const std::string& id);

}  // namespace weft
