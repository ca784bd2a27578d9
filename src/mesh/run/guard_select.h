// Decides whether a user's SELECT may run, on its syntax tree: known nodes, known functions, its ingredients' aliases and
// nothing else. Pure. What is not on a list is refused, so that a new DuckDB can't open a door unseen.
#pragma once

#include "base/json.h"
#include "mesh/run/transformer.h"

namespace weft {

struct GuardedSelect {
  std::vector<std::string> aliases;  // ingredients that it reads, sorted
};

// `tree` is what DuckDB's json_serialize_sql gives. Errors: `sql.invalid` (with the parser's words), `sql.not_a_select`,
// `sql.not_allowed` (names the function or the construct), `sql.unknown_table`.
[[nodiscard]] Result<GuardedSelect> guard_select(const json::value& tree, const std::vector<std::string>& aliases);

}  // namespace weft
