// For tests only: a folder of one's own under the system's temporary one, removed at the end.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace weft {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    // As root not $TMPDIR, which the user that a server runs as might not get at.
    const auto parent = geteuid() == 0 ? std::filesystem::path("/tmp") : std::filesystem::temp_directory_path();
    auto pattern = (parent / "weft-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    if (getpid() != owner_) return;  // a forked child that exits
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  pid_t owner_ = getpid();
  std::filesystem::path path_;
};

}  // namespace weft
