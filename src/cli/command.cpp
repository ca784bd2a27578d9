#include "cli/command.h"

#include <CLI/CLI.hpp>

#include <cstdio>

#include "base/setting_report.h"
#include "cli/usage_error.h"
#include "platform/config/config_file.h"

namespace weft {

namespace {

void print_error(const Error& error) {
  fmt::print(stderr, "weft: {}\n", error.message);
  for (const auto& field : error.fields) fmt::print(stderr, "  {}: {}\n", field.field, field.message);
  if (!error.hint.empty()) fmt::print(stderr, "  {}\n", error.hint);
  if (!error.detail.empty()) fmt::print(stderr, "  ({})\n", error.detail);
}

// Every setting is a flag as well; they share one group of the help, to keep it readable.
void add_setting_flags(CLI::App& command, std::vector<GivenSetting>& flags) {
  for (const auto& setting : settings_table()) {
    const auto name = flag_name(setting);
    command
        .add_option_function<std::string>(
            name, [&flags, key = std::string(setting.key), name](const std::string& value) { flags.push_back({key, value, name}); },
            std::string(setting.help))
        ->group("Settings (docs/reference/settings.md)");
  }
}

void add_folder_options(CLI::App& command, DataFolderOptions& folder) {
  command.add_option("--data", folder.data, "the data folder")->required();
  command.add_option("--database", folder.database,
                     "postgres://… for the metadata; default: what DIR/weft.toml says, else SQLite in the folder");
}

Result<void> show_config(const DataFolderOptions& folder) {
  fmt::print("{}", show_settings(TRY(load_folder_settings(folder))));
  return {};
}

Result<void> check_config(const DataFolderOptions& folder) {
  auto settings = load_folder_settings(folder);
  if (!settings) return std::unexpected(std::move(settings).error());
  fmt::print("{}", show_approval(*settings));
  return {};
}

}  // namespace

int exit_code_of(const Error& error) {
  if (error.id.starts_with("usage.")) return 2;
  switch (error.kind) {
    case ErrorKind::Unauthenticated:
    case ErrorKind::Denied: return 3;
    case ErrorKind::NotFound: return 4;
    default: return 1;
  }
}

Result<ResolvedSettings> load_folder_settings(const DataFolderOptions& options) {
  ConfigSources sources;
  sources.file = options.data / kSettingsFileName;
  sources.environment = process_environment();
  sources.also_known = {"WEFT_TOKEN"};
  sources.flags = options.flags;
  if (!options.database.empty()) sources.flags.push_back({"database.connection", options.database, "--database"});
  return load_settings(sources);
}

int run_command(int argc, char** argv) {
  CLI::App app("Weft: a self-hosted data mesh in one program.", "weft");
  app.set_version_flag("--version", WEFT_VERSION);
  app.require_subcommand(1);
  Result<void> outcome;

  ServeOptions serve_options;
  auto& serve_command = *app.add_subcommand("serve", "start the server on a data folder");
  auto& demo_command = *app.add_subcommand("demo", "make a mesh on real data in an empty folder, then serve it");
  for (auto* command : {&serve_command, &demo_command}) {
    add_folder_options(*command, serve_options.folder);
    command->add_option("--listen", serve_options.listen, "host:port; port 0: a free one")->capture_default_str();
    add_setting_flags(*command, serve_options.folder.flags);
  }
  serve_command.callback([&] { outcome = serve(serve_options); });
  demo_command.callback([&] { outcome = demo(serve_options); });

  DataFolderOptions folder;
  auto& config_command = *app.add_subcommand("config", "look at the settings");
  config_command.require_subcommand(1);
  auto& show_command = *config_command.add_subcommand("show", "every setting, its value and where it comes from");
  auto& check_command = *config_command.add_subcommand("check", "all that is wrong with the settings");
  for (auto* command : {&show_command, &check_command}) add_folder_options(*command, folder);
  show_command.callback([&] { outcome = show_config(folder); });
  check_command.callback([&] { outcome = check_config(folder); });
  config_command.add_subcommand("docs", "the reference page of the settings, as Markdown")->callback([] {
    fmt::print("{}", settings_reference());
  });

  app.add_subcommand("routes", "every route of the API and who may call it, as JSON")->callback([&] { outcome = print_routes(); });

  auto& audit_command = *app.add_subcommand("audit", "the audit log");
  audit_command.require_subcommand(1);
  auto& verify_command = *audit_command.add_subcommand("verify", "walk the chain of all entries; fails when one was altered");
  add_folder_options(verify_command, folder);
  verify_command.callback([&] { outcome = verify_audit_command(folder); });

  CreateAdministratorOptions administrator;
  auto& admin_command = *app.add_subcommand("admin", "administrators");
  admin_command.require_subcommand(1);
  auto& create_command = *admin_command.add_subcommand("create", "create a domain administrator");
  add_folder_options(create_command, administrator.folder);
  create_command.add_option("name", administrator.name, "what he signs in with")->required();
  create_command.add_option("--email", administrator.email, "where his mail goes");
  create_command.add_flag("--password-stdin", administrator.password_from_stdin,
                          "read the password from standard input instead of asking for it");
  create_command.callback([&] { outcome = create_administrator(administrator); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error);
  }
  if (outcome) return 0;
  print_error(outcome.error());
  return exit_code_of(outcome.error());
}

}  // namespace weft
