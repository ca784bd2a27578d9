// Small files written whole or not at all.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft {

// Writes `bytes` beside `file`, flushes them to the disk and renames them over it: a reader, and a machine that lost
// its power, meets the old file or the new one. The folder exists; `mode` is that of the new file (no umask).
// Errors: `file.not_written` (Internal) with the system's words.
[[nodiscard]] Result<void> write_file_atomically(const std::filesystem::path& file, std::string_view bytes, mode_t mode);

// The whole of a regular file. Errors: `file.missing` (NotFound), `file.not_read` (Internal), `file.too_large`.
[[nodiscard]] Result<std::string> read_small_file(const std::filesystem::path& file, std::size_t max_bytes);

}  // namespace weft
