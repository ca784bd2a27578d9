// What the limits of a grant mean: settled by the data that was there when they were decided. Governance hides columns and filters
// rows by names; owners may later call things otherwise, give a name to something else, or make new columns of what is hidden.
#pragma once

#include "mesh/element/provenance.h"

namespace weft {

struct SettledColumn {
  std::string port, name, type, way, rows;  // as in its ColumnProvenance
  bool hidden = false;
};

struct SettledLimits {
  std::vector<SettledColumn> columns;  // of all ports
  BaseColumns hidden;                  // what the hidden ones are made of
};

// Hidden is what has one of the names, and what is made of the column that such a one is: that it refers to, or that it is computed
// from under the same name (`upper(email) AS email`). What it is computed from besides was seen as it is. Where the SQL leaves open
// what a column is made of, it counts as made of all that the SQL reads.
[[nodiscard]] SettledLimits settle_limits(const std::vector<std::string>& names, const std::map<std::string, Provenance>& ports);

// `names`, and those of the port's columns as it is now that are hidden: what is made as a column was then is hidden or shown as that
// was; what was not seen then is hidden if it may be made of what a hidden one was made of.
[[nodiscard]] std::vector<std::string> hidden_columns(const SettledLimits& settled, const std::vector<std::string>& names,
                                                      const Provenance& port);

// Whether a row filter means the same by both: they have the same values in the same rows.
template <typename Column>
[[nodiscard]] bool filters_alike(const SettledColumn& then, const Column& now) {
  return then.way == now.way && then.rows == now.rows;
}

// That port's column of the name as it was then; where it had none, any other port's. nullptr: no port had.
[[nodiscard]] const SettledColumn* find_settled(const SettledLimits& settled, std::string_view port, std::string_view name);

// Whether what was read under `narrower` may be seen under `wider`: it hides nothing that `narrower` showed, and the columns that a row
// filter may name are the same.
[[nodiscard]] bool shows_all_of(const SettledLimits& wider, const SettledLimits& narrower);

[[nodiscard]] json::object to_json(const SettledLimits& settled);
// What to_json() gave. THROWS: std::exception for anything else.
[[nodiscard]] SettledLimits parse_settled_limits(const json::value& value);

}  // namespace weft
