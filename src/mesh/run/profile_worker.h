// Adapter: profiles by transform workers; and the other side, what those workers compute.
#pragma once

#include <memory>

#include "mesh/run/profiler.h"
#include "platform/worker/worker.h"

namespace weft {

// `pool` outlives it.
[[nodiscard]] std::unique_ptr<Profiler> make_worker_profiler(WorkerPool& pool);

// For worker_main().
[[nodiscard]] WorkerVerbEntry profile_verb();

}  // namespace weft
