// What is made from the command line's own description: its reference page, and what a shell completes.
#pragma once

#include <CLI/App.hpp>

#include <string>
#include <string_view>

namespace weft {

// The group of the flags that are settings: they have a page of their own.
inline constexpr std::string_view kSettingsGroup = "Settings (docs/reference/settings.md)";

// docs/reference/commands.md.
[[nodiscard]] std::string command_reference(const CLI::App& app);

// A script that `source <(weft completion)` runs.
[[nodiscard]] std::string bash_completion(const CLI::App& app);

}  // namespace weft
