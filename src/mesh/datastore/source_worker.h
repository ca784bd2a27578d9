// Adapter: looking into stores by pull workers. Nothing foreign is opened in this process.
#pragma once

#include <memory>

#include "mesh/datastore/source.h"
#include "platform/worker/worker.h"

namespace weft {

// `pool` outlives it. `time_limit`: of one pull.
[[nodiscard]] std::unique_ptr<Source> make_worker_source(WorkerPool& pool, std::chrono::milliseconds time_limit);

}  // namespace weft
