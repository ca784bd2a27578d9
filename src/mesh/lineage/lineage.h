// Lineage: what something is made of, and what is made of it. A graph store → table → element → view → port → product →
// port of a derived product, in the direction in which data flows. Pure: how it looks to somebody who may not know all of it.
#pragma once

#include <map>

#include "base/json.h"

namespace weft {

enum class LineageType { Store, Table, Element, View, Port, Product };
[[nodiscard]] std::string_view to_text(LineageType type);
enum class LineageDirection { Upstream, Downstream, Both };
[[nodiscard]] Result<LineageDirection> parse_lineage_direction(std::string_view text);

struct LineageNode {
  std::string key;  // unique in the graph: `product:<id>`, `port:<product id>/<name>`
  LineageType type = LineageType::Product;
  std::string object;  // id of the store, element or product that it is or belongs to
  std::string name, title, domain, state;
  int distance = 0;  // edges from the root; negative: upstream
  enum class Known { Yes, No } known = Known::Yes;
};

// What a column may be made of.
struct ColumnTrace {
  std::string to;
  std::vector<std::string> from;
};

struct LineageEdge {
  std::string from, to;              // keys
  std::string port;                  // of the product at `from` that is read; empty: no such
  std::vector<ColumnTrace> columns;  // empty: not known
};

struct LineageGraph {
  std::string root;  // key
  std::vector<LineageNode> nodes;
  std::vector<LineageEdge> edges;
  enum class Extent { Whole, Cut } extent = Extent::Whole;  // Cut: the limits of depth or size ended it
};

// Without the nodes that are not known. What flows through those alone is drawn as one edge, so that it does not show
// that, or what, lies between.
[[nodiscard]] LineageGraph known_part(const LineageGraph& graph);

// The traces of `columns` (name → `alias.column`, …) that come from `alias`.
[[nodiscard]] std::vector<ColumnTrace> traces_from(const std::vector<std::pair<std::string, std::vector<std::string>>>& columns,
                                                   std::string_view alias);

[[nodiscard]] json::object to_json(const LineageGraph& graph);

}  // namespace weft
