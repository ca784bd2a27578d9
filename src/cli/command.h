// The command line: which commands there are, and what their failures mean to a shell.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/setting.h"

namespace weft {

// Parses, runs, reports. Exit codes: 0 done, 2 usage, 3 denied, 4 not found, 1 anything else.
int run_command(int argc, char** argv);

// `weft commands`: docs/reference/commands.md.
[[nodiscard]] std::string commands_reference();

// By the error's kind; ids `usage.…` are mistakes in how the command was written.
[[nodiscard]] int exit_code_of(const Error& error);

// What commands that work on a data folder share.
struct DataFolderOptions {
  std::filesystem::path data;
  std::string database;             // empty: what weft.toml in the folder says
  std::vector<GivenSetting> flags;  // `--server.public-url …`
};

// Settings of the folder: flags, environment, DIR/weft.toml, defaults. Errors: `config.invalid` with all complaints.
[[nodiscard]] Result<ResolvedSettings> load_folder_settings(const DataFolderOptions& options);

// The commands, a file each. They print their own results to standard output.
struct ServeOptions {
  DataFolderOptions folder;
  std::string listen = "127.0.0.1:8080";
};
[[nodiscard]] Result<void> serve(const ServeOptions& options);
// What `weft serve` makes of its flags. The address is no setting, yet it is looked at with them: who listens where others reach
// him, and has no server.public_url, is warned. Errors: `usage.listen`, `config.invalid` with all complaints.
[[nodiscard]] Result<ResolvedSettings> load_served_settings(const ServeOptions& options);
[[nodiscard]] Result<void> demo(const ServeOptions& options);
// The table of routes as JSON: who may call what.
[[nodiscard]] Result<void> print_routes();
[[nodiscard]] Result<void> verify_audit_command(const DataFolderOptions& options);

struct CreateAdministratorOptions {
  DataFolderOptions folder;
  std::string name, email;
  bool password_from_stdin = false;
};
[[nodiscard]] Result<void> create_administrator(const CreateAdministratorOptions& options);

}  // namespace weft
