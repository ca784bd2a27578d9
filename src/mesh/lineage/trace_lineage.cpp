#include "mesh/lineage/trace_lineage.h"

#include "mesh/element/port_reference.h"

#include <deque>

namespace weft {

namespace {

using ColumnOrigins = std::vector<std::pair<std::string, std::vector<std::string>>>;

constexpr std::size_t kMaxEdges = 4 * kMaxLineageNodes;
constexpr std::size_t kMaxTraces = 20'000;  // columns over all edges

enum class Way { Up, Down };

std::string key_of(const ElementId& id) { return "element:" + id.text(); }
std::string key_of(const ProductId& id) { return "product:" + id.text(); }
std::string key_of(const ProductId& id, std::string_view port) { return fmt::format("port:{}/{}", id.text(), port); }

ColumnOrigins origins_of(const Element& element) {
  ColumnOrigins origins;
  for (const auto& column : element.columns) origins.emplace_back(column.name, column.origins);
  return origins;
}

ColumnOrigins origins_of(const Port& port) {
  ColumnOrigins origins;
  for (const auto& column : port.columns) origins.emplace_back(column.name, column.origins);
  return origins;
}

const ProductDefinition& shown(const Product& product) { return product.published ? *product.published : product.draft; }

// What an ingredient is, looked up.
struct Origin {
  std::optional<Element> element;
  std::optional<Product> product;
  std::string port;
};

class Tracer {
 public:
  Tracer(Tx& tx, const Principal& who, const LineagePorts& ports, const LineageRequest& request)
      : tx_(tx), who_(who), ports_(ports), request_(request) {}

  Result<LineageGraph> from(const Product& root) {
    graph_.root = key_of(root.id);
    add(root, 0);
    return walk([&](Way way) { tasks_.push_back({way, 0, [this, root, way] { return visit_product(root, "", way, 0); }}); });
  }

  Result<LineageGraph> from(const Element& root) {
    graph_.root = key_of(root.id);
    add(root, 0);
    return walk([&](Way way) { tasks_.push_back({way, 0, [this, root, way] { return visit_element(root, way, 0); }}); });
  }

 private:
  struct Task {
    Way way;
    int distance;
    std::function<Result<void>()> visit;
  };

  template <typename Start>
  Result<LineageGraph> walk(Start start) {
    for (const auto way : {Way::Up, Way::Down}) {
      if (request_.direction == (way == Way::Up ? LineageDirection::Downstream : LineageDirection::Upstream)) continue;
      start(way);
      while (!tasks_.empty()) {  // breadth first: what the limits cut off is the farthest
        const auto task = std::move(tasks_.front());
        tasks_.pop_front();
        CHECK(task.visit());
      }
    }
    return known_part(graph_);
  }

  // False when the node can't be taken any more.
  bool add(LineageNode node) {
    if (keys_.contains(node.key)) return true;
    if (std::abs(node.distance) > request_.depth || keys_.size() >= kMaxLineageNodes) {
      graph_.extent = LineageGraph::Extent::Cut;
      return false;
    }
    keys_.insert(node.key);
    graph_.nodes.push_back(std::move(node));
    return true;
  }

  bool add(const Product& product, int distance) {
    const bool known = product.visible_to_all() || who_.keeps(product.domain_path);
    return add({key_of(product.id), LineageType::Product, product.id.text(), product.name, shown(product).title, product.domain_path,
                std::string(to_text(product.state)), distance, known ? LineageNode::Known::Yes : LineageNode::Known::No});
  }

  bool add(const Product& product, const Port& port, int distance) {
    const bool known = product.visible_to_all() || who_.keeps(product.domain_path);
    return add({key_of(product.id, port.name), LineageType::Port, product.id.text(), port.name, port.title, product.domain_path, "",
                distance, known ? LineageNode::Known::Yes : LineageNode::Known::No});
  }

  bool add(const Element& element, int distance) {
    return add({key_of(element.id), element.view ? LineageType::View : LineageType::Element, element.id.text(), element.name, element.title,
                element.domain_path, std::string(to_text(element.category)), distance, known(element)});
  }

  LineageNode::Known known(const Element& element) const {
    return who_.keeps(element.domain_path) ? LineageNode::Known::Yes : LineageNode::Known::No;
  }

  void connect(LineageEdge edge) {
    if (!drawn_.insert({edge.from, edge.to + "\n" + edge.port}).second) return;
    if (graph_.edges.size() >= kMaxEdges) {
      graph_.extent = LineageGraph::Extent::Cut;
      return;
    }
    for (const auto& trace : edge.columns) traces_ += trace.from.size();
    if (traces_ > kMaxTraces) edge.columns.clear();
    graph_.edges.push_back(std::move(edge));
  }

  // True the first time. A product is visited once for each port through which one comes.
  bool enter(Way way, const std::string& key) { return entered_.insert({way, key}).second; }
  static int next(Way way, int distance) { return way == Way::Up ? distance - 1 : distance + 1; }

  // Products and elements, each read once.
  Result<std::optional<Product>> find(const ProductId& id) {
    auto found = products_.find(id.text());
    if (found == products_.end()) found = products_.emplace(id.text(), TRY(ports_.products.find(tx_, id))).first;
    return found->second;
  }

  Result<Origin> origin_of(const Ingredient& ingredient) {
    Origin origin;
    if (ingredient.element) {
      origin.element = TRY(ports_.elements.find(tx_, *ingredient.element));
      return origin;
    }
    const auto [domain, product, port] = split_port_reference(*ingredient.product);
    origin.product = TRY(ports_.products.find_by_name(tx_, domain, product));
    origin.port = port;
    return origin;
  }

  // What a port reads. A draft that was never published has no fixed inputs: its SQL may read any of its ingredients.
  Result<std::vector<PortInput>> inputs_of(const Product& product) {
    if (product.published) return ports_.products.inputs(tx_, product.id);
    std::vector<PortInput> inputs;
    for (const auto& port : product.draft.ports) {
      for (const auto& ingredient : product.draft.ingredients) {
        if (port.ingredient && *port.ingredient != ingredient.alias) continue;
        const auto origin = TRY(origin_of(ingredient));
        if (origin.element) inputs.push_back({port.name, origin.element->id, std::nullopt, ""});
        if (origin.product) inputs.push_back({port.name, std::nullopt, origin.product->id, origin.port});
      }
    }
    return inputs;
  }

  // The columns that flow from an input into a port.
  Result<std::vector<ColumnTrace>> traces(const Product& product, const Port& port, const PortInput& input) {
    const auto origins = origins_of(port);
    for (const auto& ingredient : shown(product).ingredients) {
      if (input.element) {
        if (ingredient.element == input.element) return traces_from(origins, ingredient.alias);
      } else if (ingredient.product) {
        const auto origin = TRY(origin_of(ingredient));
        if (origin.product && origin.product->id == *input.source_product && origin.port == input.source_port)
          return traces_from(origins, ingredient.alias);
      }
    }
    return std::vector<ColumnTrace>{};
  }

  // `through`: the port by which one came; empty: all.
  Result<void> visit_product(const Product& product, const std::string& through, Way way, int distance) {
    if (!enter(way, key_of(product.id) + "/" + through)) return {};
    if (way == Way::Down) return visit_readers(product, through, distance);
    for (const auto& port : shown(product).ports) {
      if (!through.empty() && port.name != through) continue;
      const int at = distance - 1;
      if (!add(product, port, at)) return {};
      connect({key_of(product.id, port.name), key_of(product.id), "", {}});
      tasks_.push_back({way, at, [this, product, port, at] { return visit_inputs(product, port, at); }});
    }
    return {};
  }

  Result<void> visit_inputs(const Product& product, const Port& port, int distance) {
    if (!enter(Way::Up, key_of(product.id, port.name))) return {};
    const int at = distance - 1;
    for (const auto& input : TRY(inputs_of(product))) {
      if (input.port != port.name) continue;
      if (input.element) {
        auto element = TRY(ports_.elements.find(tx_, *input.element));
        if (!element || !add(*element, at)) continue;
        connect({key_of(element->id), key_of(product.id, port.name), "", TRY(traces(product, port, input))});
        tasks_.push_back({Way::Up, at, [this, element = std::move(*element), at] { return visit_element(element, Way::Up, at); }});
      } else if (auto source = TRY(find(*input.source_product)); source && add(*source, at)) {
        connect({key_of(source->id), key_of(product.id, port.name), input.source_port, TRY(traces(product, port, input))});
        tasks_.push_back({Way::Up, at, [this, source = std::move(*source), through = input.source_port, at] {
                            return visit_product(source, through, Way::Up, at);
                          }});
      }
    }
    return {};
  }

  Result<void> visit_element(const Element& element, Way way, int distance) {
    if (!enter(way, key_of(element.id))) return {};
    if (way == Way::Down) return visit_readers(element, distance);
    if (element.mapping) {
      const auto& mapping = *element.mapping;
      const auto table = fmt::format("table:{}/{}/{}", mapping.store.text(), mapping.schema, mapping.table);
      const auto store = "store:" + mapping.store.text();
      if (!add({table, LineageType::Table, mapping.store.text(), fmt::format("{}.{}", mapping.schema, mapping.table), "", "", "",
                distance - 1, known(element)}))
        return {};
      connect({table, key_of(element.id), "", {}});
      if (add({store, LineageType::Store, mapping.store.text(), mapping.store_name, "", "", "", distance - 2, known(element)}))
        connect({store, table, "", {}});
    }
    if (!element.view) return {};
    const int at = distance - 1;
    for (const auto& ingredient : element.view->ingredients) {
      auto origin = TRY(origin_of(ingredient));
      auto columns = traces_from(origins_of(element), ingredient.alias);
      if (origin.element && add(*origin.element, at)) {
        connect({key_of(origin.element->id), key_of(element.id), "", std::move(columns)});
        tasks_.push_back({way, at, [this, from = std::move(*origin.element), at] { return visit_element(from, Way::Up, at); }});
      } else if (origin.product && add(*origin.product, at)) {
        connect({key_of(origin.product->id), key_of(element.id), origin.port, std::move(columns)});
        tasks_.push_back({way, at, [this, from = std::move(*origin.product), through = origin.port, at] {
                            return visit_product(from, through, Way::Up, at);
                          }});
      }
    }
    return {};
  }

  Result<void> visit_readers(const Element& element, int distance) {
    for (auto& view : TRY(ports_.elements.readers_of(tx_, element.id))) CHECK(take_view(std::move(view), element.id, distance + 1));
    for (const auto& product : TRY(ports_.products.readers_of(tx_, element.id))) {
      for (const auto& input : TRY(inputs_of(product))) {
        if (input.element == element.id) CHECK(take_port(product, input, key_of(element.id), distance + 1));
      }
    }
    return {};
  }

  Result<void> visit_readers(const Product& product, const std::string& through, int distance) {
    for (const auto& reader : TRY(ports_.products.readers_of(tx_, product.id))) {
      for (const auto& input : TRY(inputs_of(reader))) {
        if (input.source_product == product.id && (through.empty() || input.source_port == through))
          CHECK(take_port(reader, input, key_of(product.id), distance + 1));
      }
    }
    for (auto& view : TRY(ports_.elements.readers_of(tx_, product.id))) {
      for (const auto& ingredient : view.view->ingredients) {
        if (!ingredient.product) continue;
        const auto origin = TRY(origin_of(ingredient));
        if (!origin.product || origin.product->id != product.id || (!through.empty() && origin.port != through)) continue;
        if (!add(view, distance + 1)) return {};
        connect({key_of(product.id), key_of(view.id), origin.port, traces_from(origins_of(view), ingredient.alias)});
        tasks_.push_back({Way::Down, distance + 1, [this, view, at = distance + 1] { return visit_element(view, Way::Down, at); }});
      }
    }
    return {};
  }

  Result<void> take_view(Element view, const ElementId& source, int at) {
    if (!add(view, at)) return {};
    for (const auto& ingredient : view.view->ingredients) {
      if (ingredient.element == source) connect({key_of(source), key_of(view.id), "", traces_from(origins_of(view), ingredient.alias)});
    }
    tasks_.push_back({Way::Down, at, [this, view = std::move(view), at] { return visit_element(view, Way::Down, at); }});
    return {};
  }

  // A port that reads what stands at `source`, and its product.
  Result<void> take_port(const Product& product, const PortInput& input, const std::string& source, int at) {
    const auto& ports = shown(product).ports;
    auto port = std::ranges::find(ports, input.port, &Port::name);
    if (port == ports.end() || !add(product, *port, at)) return {};
    connect({source, key_of(product.id, port->name), input.source_port, TRY(traces(product, *port, input))});
    if (!add(product, at + 1)) return {};
    connect({key_of(product.id, port->name), key_of(product.id), "", {}});
    tasks_.push_back(
        {Way::Down, at + 1, [this, product, through = input.port, at = at + 1] { return visit_product(product, through, Way::Down, at); }});
    return {};
  }

  Tx& tx_;
  const Principal& who_;
  const LineagePorts& ports_;
  const LineageRequest request_;
  LineageGraph graph_;
  std::set<std::string> keys_;
  std::set<std::pair<std::string, std::string>> drawn_;
  std::set<std::pair<Way, std::string>> entered_;
  std::map<std::string, std::optional<Product>> products_;
  std::size_t traces_ = 0;
  std::deque<Task> tasks_;
};

}  // namespace

Result<LineageGraph> trace_lineage(Tx& tx, const Principal& who, const LineagePorts& ports, const Product& root,
                                   const LineageRequest& request) {
  return Tracer(tx, who, ports, request).from(root);
}

Result<LineageGraph> trace_lineage(Tx& tx, const Principal& who, const LineagePorts& ports, const Element& root,
                                   const LineageRequest& request) {
  return Tracer(tx, who, ports, request).from(root);
}

}  // namespace weft
