// A piece of DuckDB SQL and the values of its `?`, in order. Values never stand in the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weft {

using ReadValue = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

// Whether rows still come as they lie in the snapshot when DuckDB filters by it. It makes a hash join of IN with five
// values and more, which keeps no order.
enum class RowOrder { Kept, Lost };

struct SqlFragment {
  std::string text;
  std::vector<ReadValue> params;
  RowOrder row_order = RowOrder::Kept;

  void append(std::string_view more) { text += more; }
  void append(SqlFragment&& more) {
    text += more.text;
    params.insert(params.end(), std::make_move_iterator(more.params.begin()), std::make_move_iterator(more.params.end()));
    if (more.row_order == RowOrder::Lost) row_order = RowOrder::Lost;
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
