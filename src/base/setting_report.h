// Settings for people: what holds now and why, what is wrong, and the reference page.
#pragma once

#include <string>

#include "base/setting.h"

namespace weft {

struct SettingRow {
  std::string key;
  std::string value;  // of a secret: `(set)` or empty
  SettingSource source = SettingSource::Default;
  std::string where;  // empty for a default
};

// One row per setting, in the order of the table. The secrets stay inside.
[[nodiscard]] std::vector<SettingRow> setting_rows(const ResolvedSettings& settings);

// `weft config show`: a table for a terminal.
[[nodiscard]] std::string show_settings(const ResolvedSettings& settings);

// `weft config check`: every complaint of resolve_settings on a line of its own, or how many values are in order.
[[nodiscard]] std::string show_complaints(const Error& error);
[[nodiscard]] std::string show_approval(const ResolvedSettings& settings);

// `weft config docs`: docs/reference/settings.md.
[[nodiscard]] std::string settings_reference();

}  // namespace weft
