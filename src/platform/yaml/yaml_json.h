// YAML (the core schema of YAML 1.2) as JSON values. yaml-cpp stays in yaml_json.cpp.
#pragma once

#include <string_view>

#include "base/json.h"

namespace weft {

// Errors: `yaml.invalid` with line and column. REQUIRES: text of ours, or bounded by the caller; aliases are expanded.
[[nodiscard]] Result<json::value> parse_yaml(std::string_view text);

// The line, from 1, on which the value at a path such as `ports[0].columns[2].name` stands, or what is nearest above it
// where there is none. nullopt: the text is no YAML.
[[nodiscard]] std::optional<int> find_yaml_line(std::string_view text, std::string_view path);

}  // namespace weft
