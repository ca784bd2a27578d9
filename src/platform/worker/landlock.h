// What of the file system a thread (and all that it starts later) may still touch. Not a policy: see confine.h.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"

namespace weft {

struct FileRules {
  std::vector<std::filesystem::path> readable;  // folders or files; what does not exist is left out
  std::vector<std::filesystem::path> writable;  // folders: make, write and remove files and folders in them
};

// The kernel's Landlock version; 0 where it has none or it is switched off.
[[nodiscard]] int landlock_version();

// Binds the calling thread and its later children for ever: nothing but `rules` can be opened. What a call denies, no
// later call gives back. Where the kernel knows them, TCP, abstract sockets and signals to outside are denied, too.
// Succeeds and does nothing where the kernel has no Landlock.
// REQUIRES: no_new_privs is set. Errors: `worker.landlock`.
[[nodiscard]] Result<void> restrict_files(const FileRules& rules);

}  // namespace weft
