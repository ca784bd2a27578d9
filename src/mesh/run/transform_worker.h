// Adapter: transforms by transform workers. Nothing of a user's is run in this process.
#pragma once

#include <memory>

#include "mesh/run/transformer.h"
#include "platform/worker/worker.h"

namespace weft {

// `pool` outlives it. `time_limit`: of one assembly.
[[nodiscard]] std::unique_ptr<Transformer> make_worker_transformer(WorkerPool& pool, std::chrono::milliseconds time_limit);

}  // namespace weft
