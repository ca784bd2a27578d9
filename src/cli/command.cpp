#include "cli/command.h"

#include <CLI/CLI.hpp>

#include <cstdio>

#include "base/setting_report.h"
#include "cli/add_person_commands.h"
#include "cli/command_reference.h"
#include "cli/metric_reference.h"
#include "cli/terminal.h"
#include "cli/usage_error.h"
#include "platform/config/config_file.h"

namespace weft {

namespace {

void print_error(const Error& error) {
  fmt::print(stderr, "weft: {}\n", error.message);
  for (const auto& field : error.fields) {
    if (error.message == fmt::format("{}: {}", field.field, field.message)) continue;  // a single complaint is the message
    fmt::print(stderr, "  {}: {}\n", field.field, field.message);
  }
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
        ->group(std::string(kSettingsGroup));
  }
}

void add_folder_options(CLI::App& command, DataFolderOptions& folder) {
  command.add_option("--data", folder.data, "the data folder")->type_name("DIR")->required();
  command
      .add_option("--database", folder.database,
                  "postgres://… for the metadata; default: what DIR/weft.toml says, else SQLite in the folder")
      ->type_name("URL");
}

void add_serve_options(CLI::App& command, ServeOptions& options) {
  add_folder_options(command, options.folder);
  command.add_option("--listen", options.listen, "host:port; port 0: a free one")->type_name("ADDRESS")->capture_default_str();
  add_setting_flags(command, options.folder.flags);
}

Result<void> show_config(const ServeOptions& options) { return write_output(show_settings(TRY(load_served_settings(options)))); }

Result<void> check_config(const ServeOptions& options) { return write_output(show_approval(TRY(load_served_settings(options)))); }

}  // namespace

int exit_code_of(const Error& error) {
  if (error.id == "output.closed") return 0;
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
  sources.also_known = {"WEFT_SERVER", "WEFT_TOKEN"};
  sources.flags = options.flags;
  if (!options.database.empty()) sources.flags.push_back({"database.connection", options.database, "--database"});
  return load_settings(sources);
}

namespace {

// Where the commands put what they were told, and what came of it.
struct CommandLine {
  ServeOptions serve_options;
  DataFolderOptions folder;
  CreateAdministratorOptions administrator;
  PersonCommands person;
  Result<void> outcome;
};

constexpr std::string_view kServerGroup = "On the machine of the server";

void add_server_commands(CLI::App& app, CommandLine& line) {
  auto& serve_command = *app.add_subcommand("serve", "start the server on a data folder");
  auto& demo_command = *app.add_subcommand("demo", "make a mesh on real data in an empty folder, then serve it");
  for (auto* command : {&serve_command, &demo_command}) add_serve_options(*command, line.serve_options);
  serve_command.callback([&line] { line.outcome = serve(line.serve_options); });
  demo_command.callback([&line] { line.outcome = demo(line.serve_options); });

  auto& config_command = *app.add_subcommand("config", "look at the settings");
  config_command.require_subcommand(1);
  auto& show_command = *config_command.add_subcommand("show", "every setting, its value and where it comes from");
  auto& check_command = *config_command.add_subcommand("check", "all that is wrong with the settings");
  for (auto* command : {&show_command, &check_command}) add_serve_options(*command, line.serve_options);
  show_command.callback([&line] { line.outcome = show_config(line.serve_options); });
  check_command.callback([&line] { line.outcome = check_config(line.serve_options); });
  config_command.add_subcommand("docs", "the reference page of the settings, as Markdown")->callback([&line] {
    line.outcome = write_output(settings_reference());
  });

  app.add_subcommand("routes", "every route of the API and who may call it, as JSON")->callback([&line] { line.outcome = print_routes(); });

  auto& audit_command = *app.add_subcommand("audit", "the audit log");
  audit_command.require_subcommand(1);
  auto& verify_command = *audit_command.add_subcommand(
      "verify",
      "walk the chain of all entries; fails when one was altered, else prints the last one; kept elsewhere, it "
      "shows whether the log was cut off");
  add_folder_options(verify_command, line.folder);
  verify_command.callback([&line] { line.outcome = verify_audit_command(line.folder); });

  auto& admin_command = *app.add_subcommand("admin", "administrators");
  admin_command.require_subcommand(1);
  auto& create_command = *admin_command.add_subcommand("create", "create a domain administrator");
  add_folder_options(create_command, line.administrator.folder);
  create_command.add_option("name", line.administrator.name, "what he signs in with")->required();
  create_command.add_option("--email", line.administrator.email, "where his mail goes")->type_name("ADDRESS");
  create_command.add_flag("--password-stdin", line.administrator.password_from_stdin,
                          "read the password from standard input instead of asking for it");
  create_command.callback([&line] {
    prepare_terminal();
    line.outcome = create_administrator(line.administrator);
  });
  for (auto* command : {&serve_command, &demo_command, &config_command, &audit_command, &admin_command})
    command->group(std::string(kServerGroup));
}

void add_commands(CLI::App& app, CommandLine& line) {
  app.set_version_flag("--version", WEFT_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  add_person_commands(app, line.person, line.outcome);
  add_server_commands(app, line);
  app.add_subcommand("completion", "what bash needs to complete these commands: `source <(weft completion)`")->callback([&app, &line] {
    line.outcome = write_output(bash_completion(app));
  });
  app.add_subcommand("metrics", "the reference page of the metrics, as Markdown")->callback([&line] {
    line.outcome = write_output(metrics_reference());
  });
  app.add_subcommand("commands", "the reference page of the commands, as Markdown")->callback([&line] {
    line.outcome = write_output(commands_reference());
  });
}

constexpr const char* kDescription = "Weft: a self-hosted data mesh in one program.";

}  // namespace

std::string commands_reference() {
  CLI::App app(kDescription, "weft");
  CommandLine line;
  add_commands(app, line);
  return command_reference(app);
}

int run_command(int argc, char** argv) {
  CLI::App app(kDescription, "weft");
  CommandLine line;
  add_commands(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return report_usage_error(app, error);
    line.outcome = write_output(help_of(app, error));
  }
  if (line.outcome) return 0;
  const int code = exit_code_of(line.outcome.error());
  if (code != 0) print_error(line.outcome.error());
  return code;
}

}  // namespace weft
