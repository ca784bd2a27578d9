// Disk for answers that must be whole before their first byte leaves, bounded: each of them, and all together. Not a cache:
// a file is gone with its one reader.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>

#include "base/result.h"

namespace weft {

class Spool;

// A file's place. Gives it back, and removes what is left under its name, when it is destroyed.
class SpooledFile {
 public:
  SpooledFile(Spool& spool, std::filesystem::path path) : spool_(spool), path_(std::move(path)) {}
  SpooledFile(const SpooledFile&) = delete;
  SpooledFile& operator=(const SpooledFile&) = delete;
  ~SpooledFile();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Takes note of how large it is by now. While it is written; thread-safe.
  // Errors: `data.too_large` (TooLarge), `data.spool_full` (Unavailable).
  [[nodiscard]] Result<void> check();

 private:
  friend class Spool;
  Spool& spool_;
  const std::filesystem::path path_;
  std::int64_t bytes_ = 0;  // as counted; guarded by the spool
};

// Thread-safe. Outlives its files. What a process before left in the folder is removed by whoever starts this one.
class Spool {
 public:
  Spool(std::filesystem::path folder, std::int64_t max_bytes) : folder_(std::move(folder)), max_bytes_(max_bytes) {}

  // `ending` as in `.parquet`.
  [[nodiscard]] std::unique_ptr<SpooledFile> make_file(std::string_view ending);
  [[nodiscard]] std::int64_t bytes() const;

 private:
  friend class SpooledFile;
  [[nodiscard]] Result<void> count(SpooledFile& file, std::int64_t bytes);

  const std::filesystem::path folder_;
  const std::int64_t max_bytes_;
  mutable std::mutex mutex_;
  std::int64_t bytes_ = 0;
};

}  // namespace weft
