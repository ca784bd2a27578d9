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

// For each of `outputs` the ingredient columns (`alias.column`) that it may be made of: found by name where the query is
// a plain one, every column that it could read otherwise. Computed from are those of a plain query that only go into
// functions and operators which don't choose among values; casts, CASE, min, any_value and their like hand values on.
[[nodiscard]] std::vector<Lineage> trace_columns(const json::value& tree, const std::vector<IngredientSchema>& ingredients,
                                                 const GuardedSelect& guarded, const std::vector<std::string>& outputs);

}  // namespace weft
