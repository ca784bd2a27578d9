#include "mesh/lineage/lineage.h"

#include <set>

namespace weft {

std::string_view to_text(LineageType type) {
  switch (type) {
    case LineageType::Store: return "store";
    case LineageType::Table: return "table";
    case LineageType::Element: return "element";
    case LineageType::View: return "view";
    case LineageType::Port: return "port";
    case LineageType::Product: return "product";
  }
  return "";
}

Result<LineageDirection> parse_lineage_direction(std::string_view text) {
  if (text == "upstream") return LineageDirection::Upstream;
  if (text == "downstream") return LineageDirection::Downstream;
  if (text == "both") return LineageDirection::Both;
  return fail(ErrorKind::Invalid, "query.invalid", fmt::format("There is no direction '{}'.", text),
              "Directions are upstream, downstream and both.");
}

LineageGraph known_part(const LineageGraph& graph) {
  std::set<std::string> known;
  LineageGraph part;
  part.root = graph.root;
  part.extent = graph.extent;
  for (const auto& node : graph.nodes) {
    if (node.known != LineageNode::Known::Yes) continue;
    known.insert(node.key);
    part.nodes.push_back(node);
  }
  std::multimap<std::string, const LineageEdge*> from;
  std::set<std::pair<std::string, std::string>> drawn;
  for (const auto& edge : graph.edges) {
    from.emplace(edge.from, &edge);
    if (!known.contains(edge.from) || !known.contains(edge.to)) continue;
    part.edges.push_back(edge);
    drawn.insert({edge.from, edge.to});
  }
  for (const auto& node : part.nodes) {
    std::set<std::string> seen;
    std::vector<std::string> open{node.key};
    while (!open.empty()) {
      const auto at = std::move(open.back());
      open.pop_back();
      const auto [begin, end] = from.equal_range(at);
      for (auto edge = begin; edge != end; ++edge) {
        const auto& next = edge->second->to;
        if (!known.contains(next)) {
          if (seen.insert(next).second) open.push_back(next);
        } else if (at != node.key && next != node.key && drawn.insert({node.key, next}).second) {
          part.edges.push_back({node.key, next, "", {}});
        }
      }
    }
  }
  return part;
}

std::vector<ColumnTrace> traces_from(const std::vector<std::pair<std::string, std::vector<std::string>>>& columns, std::string_view alias) {
  std::vector<ColumnTrace> traces;
  for (const auto& [name, origins] : columns) {
    ColumnTrace trace{name, {}};
    for (const auto& origin : origins) {
      const auto dot = origin.find('.');  // an alias is a name: it holds no dot
      if (dot != std::string::npos && std::string_view(origin).substr(0, dot) == alias) trace.from.push_back(origin.substr(dot + 1));
    }
    if (!trace.from.empty()) traces.push_back(std::move(trace));
  }
  return traces;
}

json::object to_json(const LineageGraph& graph) {
  json::array nodes, edges;
  for (const auto& node : graph.nodes) {
    std::string_view direction = "root";
    if (node.distance != 0) direction = node.distance < 0 ? "upstream" : "downstream";
    nodes.push_back(json::object{{"id", node.key},
                                 {"type", to_text(node.type)},
                                 {"object", node.object},
                                 {"name", node.name},
                                 {"title", node.title},
                                 {"domain", node.domain.empty() ? json::value(nullptr) : json::value(node.domain)},
                                 {"state", node.state.empty() ? json::value(nullptr) : json::value(node.state)},
                                 {"direction", direction},
                                 {"distance", std::abs(node.distance)}});
  }
  for (const auto& edge : graph.edges) {
    json::array columns;
    for (const auto& trace : edge.columns)
      columns.push_back(json::object{{"to", trace.to}, {"from", json::array(trace.from.begin(), trace.from.end())}});
    edges.push_back(json::object{{"from", edge.from},
                                 {"to", edge.to},
                                 {"port", edge.port.empty() ? json::value(nullptr) : json::value(edge.port)},
                                 {"columns", std::move(columns)}});
  }
  return json::object{{"root", graph.root},
                      {"nodes", std::move(nodes)},
                      {"edges", std::move(edges)},
                      {"truncated", graph.extent == LineageGraph::Extent::Cut}};
}

}  // namespace weft
