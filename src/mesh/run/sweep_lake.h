// Removes what lies in the lake and belongs to no snapshot: what a crash left, and the data of elements that are gone.
#pragma once

#include "mesh/run/run_ports.h"

namespace weft {

struct SweepLake {
  std::string mesh;  // the store's own name; a lake that belongs to another mesh is left alone
  Timestamp made_before;
  enum class OpenRuns { Skip, None } open_runs = OpenRuns::Skip;  // Skip: objects with an open run; None: none was begun yet
};

// Returns how many folders went. Errors: `lake.foreign` (Conflict).
[[nodiscard]] Result<int> sweep_lake(const RunPorts& ports, const SweepLake& input);

}  // namespace weft
