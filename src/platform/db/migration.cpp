#include "platform/db/migration.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "platform/crypto/crypto.h"
#include "platform/db/sql_text.h"

namespace weft {
namespace {

constexpr std::string_view kFolder = "migrations/";
constexpr std::string_view kExtension = ".sql";
constexpr std::size_t kVersionDigits = 4;

constexpr Statement kCreateRecords{"migration.create_records",
                                   "CREATE TABLE IF NOT EXISTS schema_migrations ("
                                   "version bigint PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at bigint NOT NULL)"};
constexpr Statement kListRecords{"migration.list_records", "SELECT version, name, sha256 FROM schema_migrations ORDER BY version"};
constexpr Statement kFindRecord{"migration.find_record", "SELECT version FROM schema_migrations WHERE version = ?"};
constexpr Statement kInsertRecord{"migration.insert_record",
                                  "INSERT INTO schema_migrations (version, name, sha256, applied_at) VALUES (?, ?, ?, ?)"};
constexpr Statement kCheckForeignKeys{"migration.check_foreign_keys", "SELECT \"table\", parent FROM pragma_foreign_key_check LIMIT 1"};

struct Record {
  std::string name;
  std::string sha256;
};
using Records = std::map<std::int64_t, Record>;

Result<Records> read_records(const MigrationTarget& target) {
  auto tx = TRY(target.begin());
  CHECK(tx->execute(kCreateRecords, {}));
  Records records;
  for (const auto& row : TRY(tx->query(kListRecords, {}))) records[row.integer(0)] = {row.text(1), row.text(2)};
  CHECK(tx->commit());
  return records;
}

Result<void> check_records(const Records& records, std::span<const Migration> migrations) {
  const std::int64_t newest = migrations.empty() ? 0 : migrations.back().version;
  for (const auto& [version, record] : records) {
    if (version > newest) {
      return fail(ErrorKind::Conflict, "store.newer",
                  fmt::format("The metadata store was written by a newer version of weft: it has migration {}, this program knows "
                              "those up to {}.",
                              record.name, newest),
                  "Start the newer version again, or restore a backup from before the upgrade.");
    }
    const auto known = std::ranges::find(migrations, version, &Migration::version);
    if (known == migrations.end() || known->sha256 != record.sha256) {
      return fail(ErrorKind::Conflict, "store.migration_changed",
                  fmt::format("The metadata store was made by migration {}, which this program has in another form.", record.name),
                  "Start the build of weft that made it. Migrations that ran once are never changed: write a new one.");
    }
  }
  return {};
}

Error migration_failed(const Migration& migration, std::string_view where, Error cause) {
  auto error = make_error(ErrorKind::Internal, "store.migration_failed",
                          fmt::format("Migration {} failed {}; nothing of it was kept.", migration.name, where));
  error.hint = "Start the version of weft from before the upgrade again, and report this with the log.";
  error.detail = fmt::format("{}: {}", cause.id, cause.detail);
  return error;
}

Result<void> apply(const MigrationTarget& target, const Migration& migration, Timestamp now) {
  auto tx = TRY(target.begin());
  // Another process at the same SQLite file may have been faster.
  if (TRY(tx->query_one(kFindRecord, {migration.version}))) return {};
  for (std::size_t index = 0; index < migration.statements.size(); ++index) {
    auto done = tx->execute({migration.name, migration.statements[index]}, {});
    if (!done) return fail(migration_failed(migration, fmt::format("at its statement {}", index + 1), std::move(done).error()));
  }
  if (target.dialect == Dialect::Sqlite) {
    const auto broken = TRY(tx->query_one(kCheckForeignKeys, {}));
    if (broken) {
      auto cause = make_error(ErrorKind::Internal, "store.reference", "");
      cause.detail = fmt::format("{} refers to rows that are missing in {}", broken->text(0), broken->text(1));
      return fail(migration_failed(migration, "since foreign keys were left broken", std::move(cause)));
    }
  }
  CHECK(tx->execute(kInsertRecord, {migration.version, migration.name, migration.sha256, now}));
  auto committed = tx->commit();
  if (!committed) return fail(migration_failed(migration, "at its commit", std::move(committed).error()));
  return {};
}

}  // namespace

Result<std::vector<Migration>> read_migrations(std::span<const EmbeddedFile> files, Dialect dialect) {
  std::vector<Migration> migrations;
  for (const auto& file : files) {
    if (!file.path.starts_with(kFolder)) continue;
    auto name = file.path.substr(kFolder.size());
    Migration migration;
    const auto* const digits_end = name.data() + std::min(kVersionDigits, name.size());
    const auto [end, error] = std::from_chars(name.data(), digits_end, migration.version);
    const bool has_version = error == std::errc() && end == digits_end && name.size() > kVersionDigits && name[kVersionDigits] == '_';
    if (!has_version || migration.version < 1 || !name.ends_with(kExtension)) {
      return fail(ErrorKind::Internal, "store.migration_malformed",
                  fmt::format("{} is not named as a migration is: migrations/0001_what.sql.", file.path));
    }
    name.remove_suffix(kExtension.size());
    migration.name = name;
    migration.sha256 = sha256_hex(file.bytes);
    migration.statements = split_statements(section_for(file.bytes, dialect));
    migrations.push_back(std::move(migration));
  }
  std::ranges::sort(migrations, {}, &Migration::version);
  const auto twin = std::ranges::adjacent_find(migrations, {}, &Migration::version);
  if (twin != migrations.end()) {
    return fail(ErrorKind::Internal, "store.migration_malformed",
                fmt::format("{} and {} have the same version.", twin->name, std::next(twin)->name));
  }
  return migrations;
}

Result<void> migrate(const MigrationTarget& target, std::span<const Migration> migrations, const Clock& clock) {
  const auto records = TRY(read_records(target));
  CHECK(check_records(records, migrations));
  for (const auto& migration : migrations) {
    if (!records.contains(migration.version)) CHECK(apply(target, migration, clock.now()));
  }
  return {};
}

}  // namespace weft
