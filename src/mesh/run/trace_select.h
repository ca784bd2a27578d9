// What the columns of a SELECT are made of, on its syntax tree: by name through subqueries, CTEs and UNIONs where these are plain; of
// everything else it is left open, and counts as made of all that it reads. Pure.
#pragma once

#include "base/json.h"
#include "mesh/element/provenance.h"
#include "mesh/run/guard_select.h"

namespace weft {

// For each of `outputs`, the names that DuckDB gives its columns. Computed from are the origins that only go into functions and
// operators which don't choose among values; casts, CASE, min, any_value and their like hand values on. REQUIRES: `tree` is what
// guard_select() let pass as `guarded`.
[[nodiscard]] std::vector<TracedColumn> trace_select(const json::value& tree, const std::vector<IngredientSchema>& ingredients,
                                                     const GuardedSelect& guarded, const std::vector<std::string>& outputs,
                                                     const Fingerprint& fingerprint);

}  // namespace weft
