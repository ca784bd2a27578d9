// What transform workers can do: check and run a user's SQL over Parquet, profile it, narrow it. Runs inside them, with no
// secret and no socket, nothing but in/, out/ and tmp/.
#pragma once

#include "platform/worker/worker.h"

namespace weft {

// For worker_main().
[[nodiscard]] std::vector<WorkerVerbEntry> transform_verbs();

}  // namespace weft
