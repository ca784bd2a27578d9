// A worker's folder, seen from the server: in/ is filled from a job's inputs, out/ is emptied into its outputs, and what
// lies in out/ and tmp/ is counted. Removed with its owner.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/result.h"
#include "platform/worker/worker.h"

namespace weft {

class WorkerFolder {
 public:
  // Errors: `worker.root_unusable`.
  [[nodiscard]] static Result<WorkerFolder> make(std::filesystem::path path);
  WorkerFolder(WorkerFolder&& other) noexcept;
  WorkerFolder& operator=(WorkerFolder&&) = delete;
  ~WorkerFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // Links each input into in/, or copies it where a link can't be made; `stop` is asked while copying. The worker can't
  // write them: its walls (confine.h) leave in/ readable only.
  // Errors: `worker.input_missing`, `worker.cancelled`, `worker.folder`.
  [[nodiscard]] Result<void> put(const std::vector<WorkerInput>& inputs, const std::function<bool()>& stop) const;

  // Bytes on disk of out/, tmp/, and of files that process `pid` removed yet keeps open. At least as much as INT64_MAX
  // where there are more files than any job makes.
  [[nodiscard]] std::int64_t disk_bytes(int pid) const;

  // Moves the outputs to their places, durably: files and folders are synced before this returns. All or none.
  // REQUIRES: the worker has ended. Errors: `worker.output_missing`, `worker.folder`.
  [[nodiscard]] Result<void> take(const std::vector<WorkerOutput>& outputs) const;

 private:
  explicit WorkerFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// Free bytes of the file system that holds `path`, for others than root; INT64_MAX when it can't be told.
[[nodiscard]] std::int64_t free_bytes(const std::filesystem::path& path);

}  // namespace weft
