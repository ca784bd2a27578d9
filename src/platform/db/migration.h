// Brings a store's schema forward. Knows nothing of connections: a target hands out transactions.
//
// A migration is one text for both dialects, `migrations/NNNN_name.sql`, with sections where they differ (sql_text.h). On
// SQLite foreign keys are checked at its end only, and nothing cascades while it runs: it may rebuild tables.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/embedded.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/db/database.h"
#include "platform/db/sql.h"

namespace weft {

struct Migration {
  std::int64_t version = 0;
  std::string name;    // `0001_ground`
  std::string sha256;  // of the whole file, in hex
  std::vector<std::string> statements;
};

// The migrations among `files` as `dialect` runs them, by version.
// Errors: `store.migration_malformed` for names that don't fit and versions that stand twice.
[[nodiscard]] Result<std::vector<Migration>> read_migrations(std::span<const EmbeddedFile> files, Dialect dialect);

struct MigrationTarget {
  Dialect dialect;
  // REQUIRES: on PostgreSQL, no other process migrates the same store meanwhile.
  std::function<Result<std::unique_ptr<SqlTx>>()> begin;
};

// Runs what the store does not record yet, in order, each in its own transaction together with its record in
// `schema_migrations`. Errors: `store.newer`, `store.migration_changed`, `store.migration_failed`.
[[nodiscard]] Result<void> migrate(const MigrationTarget& target, std::span<const Migration> migrations, const Clock& clock);

}  // namespace weft
