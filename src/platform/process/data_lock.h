// One server per data folder.
#pragma once

#include <filesystem>
#include <utility>

#include "base/result.h"

namespace weft {

// Holds `<folder>/lock` as long as it lives; the kernel lets go of it with the process, however that ends. Movable. The
// file stays: removing it would race with the next one who wants it.
class DataLock {
 public:
  // Errors: `data.in_use` (Conflict) names the process that holds it; `data.unusable` when the folder is missing or
  // may not be written.
  [[nodiscard]] static Result<DataLock> take(const std::filesystem::path& folder);

  DataLock(DataLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  DataLock& operator=(DataLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~DataLock();

 private:
  explicit DataLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;  // closed on exec: a worker must not hold the lock of a server that died
};

}  // namespace weft
