// Queueing refreshes: by hand, or because the rate says so.
#pragma once

#include "mesh/run/run_ports.h"

namespace weft {

// Of a published product or a view. Errors: `product.not_found`, `element.not_found`, `product.not_yours` (403),
// `product.not_published`, `product.retired`, `element.not_refreshable`, `run.already_open` (409).
[[nodiscard]] Result<Run> queue_refresh(Tx& tx, const Context& context, const RunPorts& ports, RunKind kind, std::string_view object);

// Queues what is due; what has an open run already is left to it. Returns how many.
[[nodiscard]] Result<int> queue_due_refreshes(const RunPorts& ports, int limit);

}  // namespace weft
