// Adapter: transforms by transform workers; and the other side, what those workers can do.
#pragma once

#include <memory>

#include "mesh/run/transformer.h"
#include "platform/worker/worker.h"

namespace weft {

// `pool` outlives it. `time_limit`: of one assembly.
[[nodiscard]] std::unique_ptr<Transformer> make_worker_transformer(WorkerPool& pool, std::chrono::milliseconds time_limit);

// For worker_main().
[[nodiscard]] std::vector<WorkerVerbEntry> transform_verbs();

}  // namespace weft
