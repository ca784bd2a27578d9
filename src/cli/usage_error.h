// What a shell is told of a command line that can't be understood.
#pragma once

#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
class ParseError;
}  // namespace CLI

namespace weft {

// What was asked for by --help or --version. REQUIRES: the error's exit code is 0.
[[nodiscard]] std::string help_of(const CLI::App& app, const CLI::ParseError& error);

// Prints to standard error what was wrong, with the commands that there are where the word for one is unknown or missing.
// The exit code: 2.
[[nodiscard]] int report_usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace weft
