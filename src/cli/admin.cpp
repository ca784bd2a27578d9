#include "cli/command.h"
#include "cli/data_folder.h"
#include "cli/terminal.h"
#include "mesh/audit/audit_sql.h"
#include "mesh/identity/create_user.h"
#include "mesh/identity/credential_sql.h"
#include "mesh/identity/secrets_crypto.h"
#include "mesh/identity/user_sql.h"

namespace weft {

namespace {

Result<std::string> read_password(const CreateAdministratorOptions& options) {
  if (options.password_from_stdin) return ask("", Echo::Hidden);
  auto password = TRY(ask(fmt::format("Password of {}: ", options.name), Echo::Hidden));
  if (TRY(ask("Once more: ", Echo::Hidden)) != password)
    return fail(ErrorKind::Invalid, "password.differs", "The two passwords differ.", "Try again.");
  return password;
}

}  // namespace

Result<void> create_administrator(const CreateAdministratorOptions& options) {
  // Before anybody types a password.
  if (!is_user_name(options.name)) {
    return fail(ErrorKind::Invalid, "usage.name", fmt::format("'{}' can't be the name of a user: it {}.", options.name, kUserNameRule));
  }
  if (!options.email.empty() && !is_email(options.email))
    return fail(ErrorKind::Invalid, "usage.email", fmt::format("--email: '{}' is not an e-mail address.", options.email));
  CHECK(make_data_folder(options.folder.data));
  const auto settings = TRY(load_folder_settings(options.folder));
  const auto password = TRY(read_password(options));
  const SystemClock clock;
  auto store = TRY(open_database(database_options(options.folder.data, settings.values), clock));
  auto users = make_sql_user_store();
  auto credentials = make_sql_credential_store();
  auto audit = make_sql_audit_log();
  auto secrets = make_crypto_secrets();
  const Principal system;
  CreateUser input;
  input.name = options.name;
  input.email = options.email;
  input.password = password;
  input.roles = Role::DomainAdministrator;
  if (const auto complaints = complaints_about(input); !complaints.empty()) return fail(form_invalid(complaints));
  input.password_hash = secrets->hash_password(password);
  auto tx = TRY(store->begin(TxMode::Write));
  CHECK(open_master_key(*tx, *users, options.folder.data, settings.values));
  const auto user =
      TRY(create_user(*tx, Context{clock.now(), system, "weft admin create"}, {*users, *credentials, *audit, *secrets}, input));
  CHECK(tx->commit());
  return write_output(fmt::format("{} is a domain administrator now.\n", user.name));
}

}  // namespace weft
