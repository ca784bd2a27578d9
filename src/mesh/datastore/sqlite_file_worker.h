// SQLite keeps the index of a write-ahead log in a file beside the database, and a worker may write nothing there.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace weft {

// `file` itself, or, where it is in WAL mode and no program that has it open keeps that index, a copy of it (and of what a
// crash left in its log) in `folder`. Errors: `data_store.busy`, when it was opened meanwhile; `worker.disk`.
[[nodiscard]] Result<std::filesystem::path> readable_sqlite_file(const std::filesystem::path& file, const std::filesystem::path& folder);

}  // namespace weft
