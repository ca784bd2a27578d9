// What a shell is told of a command line that can't be understood.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
class ParseError;
}  // namespace CLI

namespace weft {

// Prints help where it was asked for; else, to standard error, what was wrong, with the commands that there are where
// the word for one is unknown or missing. The exit code: 0 or 2.
[[nodiscard]] int report_parse_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace weft
