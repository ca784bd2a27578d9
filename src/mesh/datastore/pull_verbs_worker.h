// What pull workers can do: look into a store and bring its tables, by SQL that we generate. Runs inside them, with network
// and secret, and reads only what the job names.
#pragma once

#include "platform/worker/worker.h"

namespace weft {

// For worker_main().
[[nodiscard]] std::vector<WorkerVerbEntry> pull_verbs();

}  // namespace weft
