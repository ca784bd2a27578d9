#include "cli/command.h"
#include "cli/data_folder.h"
#include "cli/terminal.h"
#include "mesh/audit/audit_sql.h"
#include "mesh/identity/user_sql.h"
#include "platform/crypto/crypto.h"

namespace weft {

namespace {

// Each user is made together with an entry.
Result<void> require_no_users(Tx& tx) {
  if (TRY(make_sql_user_store()->list(tx, {}, {1, std::nullopt})).empty()) return {};
  return fail(ErrorKind::Conflict, "audit.empty", "The audit log is empty, though there are users: it was taken away.",
              "Restore it from a backup.");
}

}  // namespace

Result<void> verify_audit_command(const DataFolderOptions& options) {
  const auto settings = TRY(load_folder_settings(options));
  const auto database = database_options(options.data, settings.values);
  if (database.url.empty() && !std::filesystem::exists(database.sqlite_path)) {
    return fail(ErrorKind::NotFound, "data.no_store", fmt::format("{} holds no Weft data.", options.data.string()),
                "Name the folder that the server uses with --data.");
  }
  const SystemClock clock;
  auto store = TRY(open_database(database, clock));
  auto audit = make_sql_audit_log();
  auto tx = TRY(store->begin(TxMode::Read));
  const auto verdict = TRY(verify_audit(*tx, *audit, sha256_hex));
  if (verdict.first_bad) {
    return fail(ErrorKind::Conflict, "audit.broken", fmt::format("Entry {} breaks the chain: {}", *verdict.first_bad, verdict.complaint),
                "Entries up to the one before it are as they were written.");
  }
  if (verdict.entries == 0) {
    CHECK(require_no_users(*tx));
    return write_output("0 entries, the chain is whole.\n");
  }
  return write_output(fmt::format("{} entries, the chain is whole.\nThe last one: {} of {}, {}\n", verdict.entries, verdict.last.sequence,
                                  to_rfc3339(verdict.last_at), verdict.last.hash));
}

}  // namespace weft
