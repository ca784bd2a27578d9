// The walls around a worker, put up by the worker itself, first thing in main(): Landlock for files, seccomp for system
// calls, limits for resources, no privileges. Nothing of it needs root. Where the kernel lacks Landlock there is no worker,
// unless the operator allows that: then the rest holds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/result.h"
#include "platform/worker/file_descriptor.h"
#include "platform/worker/worker.h"

namespace weft {

struct Confinement {
  WorkerKind kind = WorkerKind::Transform;
  std::filesystem::path folder;  // the worker's own: in/ is readable, out/ and tmp/ are writable
  std::filesystem::path extensions;
  std::vector<std::filesystem::path> readable_folders;  // Pull only
  std::int64_t memory_bytes = 0;
  std::int64_t disk_bytes = 0;
  int server = 0;  // pid: the worker dies with it
  WithoutLandlock without_landlock = WithoutLandlock::Refuse;
};

struct Confined {
  int landlock = 0;               // version; 0: files are not confined by the kernel
  FileDescriptor connect_events;  // see restrict_system_calls
};

// What a worker keeps open beside standard input, output and error: its socket to the server.
inline constexpr int kWorkerSocket = 3;

// REQUIRES: called while the process has one thread. Errors: `worker.landlock`, `worker.seccomp`, `worker.confinement`.
[[nodiscard]] Result<Confined> confine(const Confinement& confinement);

// A second Landlock layer once the job is known: of the readable folders only these remain. Binds this thread and those
// it starts from now on.
[[nodiscard]] Result<void> confine_to_folders(const Confinement& confinement, const std::vector<std::filesystem::path>& readable_folders);

}  // namespace weft
