// Where settings come from outside the process: the file weft.toml and the environment. toml++ stays in config_file.cpp.
// What the settings are and mean is base/setting.h's business.
#pragma once

#include <filesystem>

#include "base/setting.h"

namespace weft {

inline constexpr std::string_view kSettingsFileName = "weft.toml";

// Adds what stands in the file; a missing one has nothing to say. What can't be read or parsed becomes a complaint with
// its line. Warns when a secret stands in a file that others may read.
void take_settings_file(const std::filesystem::path& file, GivenSettings& given);

// Puts `key = value` into the file (made when missing, with mode 0600) and leaves the rest of it, comments too, as it is.
// REQUIRES: a setting of type text or choice.
// Errors: `config.invalid` when the file does not parse, `config.not_recorded` when its layout leaves no place.
[[nodiscard]] Result<void> record_setting(const std::filesystem::path& file, std::string_view key, std::string_view value);

struct ConfigSources {
  std::filesystem::path file;                // usually <data>/weft.toml; empty: none
  std::vector<std::string> environment;      // NAME=value
  std::vector<std::string_view> also_known;  // WEFT_ variables that are not settings, such as WEFT_TOKEN
  std::vector<GivenSetting> flags;
};
// All of it at once. Errors: `config.invalid` with every complaint.
[[nodiscard]] Result<ResolvedSettings> load_settings(const ConfigSources& sources);

// This process's environment as NAME=value.
[[nodiscard]] std::vector<std::string> process_environment();

}  // namespace weft
