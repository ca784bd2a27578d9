#include "mesh/lineage/lineage.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

using Known = LineageNode::Known;

// `a>b b>c`, with the hidden ones in `hidden`.
LineageGraph graph_of(std::string_view nodes, std::string_view hidden, const std::vector<std::pair<char, char>>& edges) {
  LineageGraph graph;
  graph.root = std::string(1, nodes.front());
  for (char c : nodes) {
    LineageNode node;
    node.key = std::string(1, c);
    node.known = hidden.find(c) == std::string_view::npos ? Known::Yes : Known::No;
    graph.nodes.push_back(node);
  }
  for (auto [from, to] : edges) graph.edges.push_back({std::string(1, from), std::string(1, to), "port", {{"x", {"y"}}}});
  return graph;
}

std::string edges_of(const LineageGraph& graph) {
  std::string text;
  for (const auto& edge : graph.edges) text += fmt::format("{}{}{} ", edge.from, edge.port.empty() ? "~" : ">", edge.to);
  return text;
}

TEST(LineageTest, DrawsPastWhatOneMayNotKnow) {
  const struct {
    const char *nodes, *hidden;
    std::vector<std::pair<char, char>> edges;
    const char* seen;
  } cases[] = {
      {"abc", "", {{'a', 'b'}, {'b', 'c'}}, "a>b b>c "},
      {"abc", "b", {{'a', 'b'}, {'b', 'c'}}, "a~c "},
      {"abcd", "bc", {{'a', 'b'}, {'b', 'c'}, {'c', 'd'}}, "a~d "},
      {"abc", "b", {{'a', 'b'}, {'b', 'c'}, {'a', 'c'}}, "a>c "},                // the true edge stays the only one
      {"abcd", "bc", {{'a', 'b'}, {'a', 'c'}, {'b', 'd'}, {'c', 'd'}}, "a~d "},  // two ways, one edge
      {"abc", "ab", {{'a', 'b'}, {'b', 'c'}}, ""},
      {"abc", "b", {{'a', 'b'}, {'b', 'a'}}, ""},  // no edge from a node to itself
      {"ab", "", {{'a', 'b'}, {'b', 'a'}}, "a>b b>a "},
  };
  for (const auto& [nodes, hidden, edges, seen] : cases) {
    const auto part = known_part(graph_of(nodes, hidden, edges));
    EXPECT_EQ(edges_of(part), seen) << nodes << " without " << hidden;
    EXPECT_EQ(part.nodes.size(), std::string_view(nodes).size() - std::string_view(hidden).size());
    EXPECT_EQ(to_json(part).at("nodes").as_array().size(), part.nodes.size());
  }
}

TEST(LineageTest, FindsTheColumnsThatComeFromOneAlias) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> columns = {
      {"total", {"orders.price", "items.count", "orders.tax"}}, {"name", {"items.na.me"}}, {"made", {}}, {"bad", {"nodot"}}};
  auto text = [&](std::string_view alias) {
    std::string all;
    for (const auto& trace : traces_from(columns, alias)) all += fmt::format("{}<{} ", trace.to, fmt::join(trace.from, ","));
    return all;
  };
  EXPECT_EQ(text("orders"), "total<price,tax ");
  EXPECT_EQ(text("items"), "total<count name<na.me ");  // an alias holds no dot, a column may
  EXPECT_EQ(text("order"), "");
  EXPECT_EQ(text(""), "");
}

TEST(LineageTest, SaysInWhichDirectionANodeLies) {
  LineageGraph graph;
  graph.nodes.resize(3);
  graph.nodes[1].distance = -2;
  graph.nodes[2].distance = 3;
  graph.extent = LineageGraph::Extent::Cut;
  const auto object = to_json(graph);
  const auto& nodes = object.at("nodes").as_array();
  EXPECT_EQ(nodes[0].at("direction"), "root");
  EXPECT_EQ(nodes[1].at("direction"), "upstream");
  EXPECT_EQ(nodes[1].at("distance"), 2);
  EXPECT_EQ(nodes[2].at("direction"), "downstream");
  EXPECT_EQ(nodes[2].at("domain"), nullptr);
  EXPECT_TRUE(object.at("truncated").as_bool());
  EXPECT_EQ(parse_lineage_direction("upstream").value(), LineageDirection::Upstream);
  EXPECT_EQ(parse_lineage_direction("up").error().id, "query.invalid");
}

}  // namespace
}  // namespace weft
