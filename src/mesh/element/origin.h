// Column lineage: which columns of its ingredients a column may be made of, as `alias.column`, or `alias.*` for all of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft {

// `origins` with `alias.*` in place of all columns of that ingredient, if all are there and are several.
[[nodiscard]] std::vector<std::string> fold_origins(std::vector<std::string> origins, std::string_view alias, std::size_t column_count);
// Sorted, each once; where there are more than kMaxOrigins, all as `alias.*`.
inline constexpr std::size_t kMaxOrigins = 200;
[[nodiscard]] std::vector<std::string> kept_origins(std::vector<std::string> origins);
[[nodiscard]] bool is_made_of(const std::vector<std::string>& origins, std::string_view alias, std::string_view column);

}  // namespace weft
