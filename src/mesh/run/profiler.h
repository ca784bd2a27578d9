// Port: statistics of a Parquet file of ours, computed in a transform worker. Neither policy nor storage: whoever asks
// says which columns may be looked at.
#pragma once

#include <filesystem>

#include "base/cancel.h"
#include "mesh/product/profile.h"

namespace weft {

class Profiler {
 public:
  virtual ~Profiler() = default;
  // Of `columns`, in their order; no other column is opened. Errors: those of a worker.
  [[nodiscard]] virtual Result<Profile> profile(const std::filesystem::path& file, const std::vector<std::string>& columns,
                                                const Cancel& cancel) = 0;
};

}  // namespace weft
