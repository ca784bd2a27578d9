// What a grant leaves of a port: the permitted view. A hidden column does not exist in it and a filtered row was never
// there; of a masked column there is the mask, and everything else of delivery sees only this. Limits narrow: several hold
// together.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "mesh/delivery/read_query.h"
#include "mesh/delivery/sql_fragment.h"
#include "mesh/product/product.h"

namespace weft {

struct PortSchemaColumn {
  std::string name;
  std::string type;  // DuckDB's words: `INTEGER`, `DECIMAL(10,2)`
  bool operator==(const PortSchemaColumn&) const = default;
};
using ReadSchema = std::vector<PortSchemaColumn>;
[[nodiscard]] ReadSchema schema_of(const std::vector<PortColumn>& columns);

// As the governance team writes them.
struct GrantLimits {
  std::string row_filter;  // `origin=eq.JFK&carrier=in.(AA,UA)`; empty: all rows
  std::vector<std::string> hidden_columns;
  std::vector<std::string> masked_columns = {};
};

// What stands in place of each value of a masked column, NULL included: `'***'` for text, else NULL of its type. Nothing of the
// value is in it, not even whether there is one.
[[nodiscard]] std::string mask_sql(const PortSchemaColumn& column);

// Without regard to case, as DuckDB takes names: in doubt it is hidden.
[[nodiscard]] bool is_hidden(std::string_view column, const std::vector<std::string>& hidden_columns);

struct ParsedLimits {
  std::vector<Logic> row_filter;  // all must hold
  std::vector<std::string> hidden_columns;
};

// Checks limits against a port when they are decided: the filter must parse, name only columns of the port and compare
// them with values of their types. Hidden columns need not be columns of this very port.
// Errors: those of parse_row_filter and of a filter in plan_read.
[[nodiscard]] Result<ParsedLimits> parse_limits(const GrantLimits& limits, const ReadSchema& schema);

// `data.port_closed`: the limits do not fit a port. `detail`: in which way, for whoever looks into it.
[[nodiscard]] std::unexpected<Error> port_closed(std::string detail);

struct PermittedView {
  ReadSchema columns;            // what the reader may know of, in the port's order
  std::set<std::string> masked;  // those of them of which he sees the mask only
  SqlFragment row_predicate;     // over the relation `s` of all columns; empty text: all rows
};

// Errors: `data.port_closed` (Denied): a row filter does not fit the port, or no column is left. Never opens on doubt.
[[nodiscard]] Result<PermittedView> permit(const ReadSchema& schema, std::span<const GrantLimits> limits);

}  // namespace weft
