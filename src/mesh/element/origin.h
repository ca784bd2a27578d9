// Column lineage: which columns of its ingredients a column may be made of, as `alias.column`, or `alias.*` for all of them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

struct Lineage {
  std::vector<std::string> origins;
  // Those of the origins that only go into a calculation; of all others values may be handed on as they are. What is not
  // known is not among them.
  std::vector<std::string> computed_from;
};

// A column of a SELECT.
struct TracedColumn {
  Lineage lineage;
  // A reference to a column and nothing else; to several at once (USING, UNION), or to one of them, it is open which.
  bool bare = false;
  std::string shape;  // stands for how it is made; empty: it is the one column that it comes from
  std::string rows;   // stands for how the rows of several relations were put together; empty: they were not
};

// `origins` with `alias.*` in place of all columns of that ingredient, if all are there and are several.
[[nodiscard]] std::vector<std::string> fold_origins(std::vector<std::string> origins, std::string_view alias, std::size_t column_count);
// Sorted, each once; where there are more than kMaxOrigins, all as `alias.*`.
inline constexpr std::size_t kMaxOrigins = 200;
[[nodiscard]] std::vector<std::string> kept_origins(std::vector<std::string> origins);
// Both, for the origins and for what is computed from them: `alias.*` is computed from only if nothing that it stands for is
// handed on. `column_counts`: of the ingredients, by alias.
[[nodiscard]] Lineage kept_lineage(const Lineage& lineage, const std::map<std::string, std::size_t>& column_counts);

[[nodiscard]] bool is_made_of(const std::vector<std::string>& origins, std::string_view alias, std::string_view column);
// Whether values of that column may be in it as they are.
[[nodiscard]] bool hands_on(const std::vector<std::string>& origins, const std::vector<std::string>& computed_from, std::string_view alias,
                            std::string_view column);

}  // namespace weft
