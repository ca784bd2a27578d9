// Adapter: the journal as append-only files `hits-<segment>.log`, a line a hit, each with a check sum.
#pragma once

#include <filesystem>
#include <memory>

#include "mesh/usage/hit.h"

namespace weft {

enum class JournalSync {
  Batch,   // to the disk once a second: power loss costs at most that
  Always,  // before each answer
};

struct HitJournalOptions {
  std::filesystem::path folder;
  JournalSync sync = JournalSync::Batch;
  std::int64_t segment_bytes = 64LL << 20;
};

// Errors: `usage.journal_unwritable`.
[[nodiscard]] Result<std::unique_ptr<HitJournal>> open_hit_journal(const HitJournalOptions& options);

}  // namespace weft
