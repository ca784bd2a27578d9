#include "cli/usage_error.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>

namespace weft {

namespace {

// The command that the words led to: `audit` of `weft audit bogus`.
const CLI::App& last_command(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().back();
  return *command;
}

std::string path_of(const CLI::App& command) {
  const auto* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : fmt::format("{} {}", path_of(*parent), command.get_name());
}

void list_commands(const CLI::App& command) {
  fmt::print(stderr, "Commands of {}:\n", path_of(command));
  for (const auto* known : command.get_subcommands([](const CLI::App*) { return true; })) {
    fmt::print(stderr, "  {:<12} {}\n", known->get_name(), known->get_description());
  }
}

}  // namespace

std::string help_of(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream text;
  (void)app.exit(error, text, text);
  return text.str();
}

int report_usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto& command = last_command(app);
  const bool wants_a_command = command.get_require_subcommand_min() > 0 && command.get_subcommands().empty();
  if (!wants_a_command) {
    fmt::print(stderr, "weft: {}\n  See {} --help.\n", error.what(), path_of(command));
    return 2;
  }
  const auto words = app.remaining(true);
  if (words.empty()) {
    fmt::print(stderr, "weft: Say which command.\n");
  } else {
    fmt::print(stderr, "weft: {} has no command '{}'.\n", path_of(command), words.front());
  }
  list_commands(command);
  return 2;
}

}  // namespace weft
