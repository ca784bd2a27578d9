// A piece of DuckDB SQL and the values of its `?`, in order. Values never stand in the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weft {

using ReadValue = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

struct SqlFragment {
  std::string text;
  std::vector<ReadValue> params;

  void append(std::string_view more) { text += more; }
  void append(SqlFragment&& more) {
    text += more.text;
    params.insert(params.end(), std::make_move_iterator(more.params.begin()), std::make_move_iterator(more.params.end()));
  }
  auto operator<=>(const SqlFragment&) const = default;
};

// `"na""me"`
[[nodiscard]] inline std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += c;
    quoted += c;
  }
  return quoted += '"';
}

}  // namespace weft
