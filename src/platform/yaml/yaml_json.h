// YAML (the core schema of YAML 1.2) as JSON values. yaml-cpp stays in yaml_json.cpp.
#pragma once

#include <string_view>

#include "base/json.h"

namespace weft {

// Errors: `yaml.invalid` with line and column. REQUIRES: text of ours, or bounded by the caller; aliases are expanded.
[[nodiscard]] Result<json::value> parse_yaml(std::string_view text);

}  // namespace weft
