// Reading the syntax trees that DuckDB's json_serialize_sql gives.
#pragma once

#include <set>

#include "base/json.h"

namespace weft {

// "" where it is not there or no text. The result is that of `object`.
[[nodiscard]] std::string_view text_at(const json::object& object, std::string_view key);
// Whether there is a list of that name with something in it.
[[nodiscard]] bool has_items(const json::object& object, std::string_view key);
// What is said, without where in the SQL it stands.
[[nodiscard]] std::string tree_text(const json::value& value);
// The same for all members of the object but these.
[[nodiscard]] std::string tree_text_without(const json::object& object, const std::set<std::string_view>& left_out);
// The node of the only statement; nullptr: there is none, or there are several.
[[nodiscard]] const json::object* only_select(const json::value& tree);

// The WITH of a node: `{"key": name, "value": …}`, …; nullptr: it has none.
[[nodiscard]] const json::array* ctes_at(const json::object& node);

// Each a name and its qualifiers, in lower case.
using ColumnRefs = std::vector<std::vector<std::string>>;
enum class Refs { Clear, Unclear };
// Those of an expression. Unclear: a subquery, a star or a lambda in it has names of its own.
[[nodiscard]] Refs collect_refs(const json::value& value, ColumnRefs& refs);
// Those whose values come out of the expression as they are. REQUIRES: collect_refs() found it clear.
void collect_handed_on(const json::value& value, ColumnRefs& refs);
// Whether one item may make several columns: COLUMNS(…) within an expression, or unnest() of a struct.
[[nodiscard]] bool may_expand(const json::value& value);

}  // namespace weft
