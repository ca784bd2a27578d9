#include "mesh/product/held_tags.h"

#include "base/name.h"
#include "mesh/element/port_reference.h"

namespace weft {

namespace {

class Holds {
 public:
  Holds(Tx& tx, const PersonalPorts& ports) : tx_(tx), ports_(ports) {}

  Result<HeldTags> inherited(const Element& element) {
    if (!element.view) return HeldTags{};
    return inherited(element.columns, element.view->ingredients, element.domain_path);
  }

  Result<HeldTags> of(const Element& element) { return with_confirmed(TRY(inherited(element)), element.columns); }

  Result<HeldTags> of(const Product& product, const Port& port, std::string_view reader) {
    if (is_within(product.domain_path, reader))
      return with_confirmed(TRY(inherited(port.columns, product.published->ingredients, product.domain_path)), port.columns);
    HeldTags held;
    for (const auto& column : port.columns) {
      if (is_personal(column.personal)) held[column.name] = Hold::Everywhere;
    }
    return held;
  }

 private:
  template <typename Column>
  Result<HeldTags> inherited(const std::vector<Column>& columns, const std::vector<Ingredient>& ingredients, std::string_view domain) {
    HeldTags held;
    for (const auto& ingredient : ingredients) {
      const auto tags = TRY(in(ingredient, domain));
      if (tags.empty()) continue;
      for (const auto& column : columns) {
        const Lineage lineage{column.origins, column.computed_from};
        for (const auto& [tagged, hold] : tags) {
          if (const auto reached = hold_in(lineage, hold, ingredient.alias, tagged); reached != Hold::None)
            held[column.name] = std::max(held[column.name], reached);
        }
      }
    }
    return held;
  }

  template <typename Column>
  static HeldTags with_confirmed(HeldTags held, const std::vector<Column>& columns) {
    for (const auto& column : columns) {
      if (column.personal == Personal::Confirmed) held[column.name] = std::max(held[column.name], Hold::WhereHandedOn);
    }
    return held;
  }

  // Each once: views over views may reach the same one in very many ways, and two products that are published at once may
  // even make a circle.
  Result<HeldTags> in(const Ingredient& ingredient, std::string_view reader) {
    const auto key = ingredient.element ? ingredient.element->text() : fmt::format("{}\n{}", reader, *ingredient.product);
    const auto [known, is_new] = known_.try_emplace(key);
    if (!is_new) return known->second;
    auto held = ingredient.element ? TRY(in_element(*ingredient.element)) : TRY(in_port(*ingredient.product, reader));
    return known_[key] = std::move(held);
  }

  Result<HeldTags> in_element(const ElementId& id) {
    const auto element = TRY(ports_.elements.find(tx_, id));
    return element ? of(*element) : HeldTags{};
  }

  Result<HeldTags> in_port(std::string_view reference, std::string_view reader) {
    const auto named = split_port_reference(reference);
    const auto product = TRY(ports_.products.find_by_name(tx_, named.domain, named.product));
    if (!product || !product->published) return HeldTags{};
    const auto port = std::ranges::find(product->published->ports, named.port, &Port::name);
    return port == product->published->ports.end() ? HeldTags{} : of(*product, *port, reader);
  }

  Tx& tx_;
  const PersonalPorts& ports_;
  std::map<std::string, HeldTags> known_;  // by ingredient; empty while it is looked at
};

}  // namespace

Result<HeldTags> inherited_tags(Tx& tx, const PersonalPorts& ports, const Element& element) { return Holds(tx, ports).inherited(element); }

Result<HeldTags> held_tags(Tx& tx, const PersonalPorts& ports, const Element& element) { return Holds(tx, ports).of(element); }

Result<HeldTags> held_tags(Tx& tx, const PersonalPorts& ports, const Product& product, const Port& port, std::string_view reader) {
  return Holds(tx, ports).of(product, port, reader);
}

Hold hold_in(const Lineage& lineage, Hold hold, std::string_view alias, std::string_view column) {
  switch (hold) {
    case Hold::Everywhere: return is_made_of(lineage.origins, alias, column) ? hold : Hold::None;
    case Hold::WhereHandedOn: return hands_on(lineage.origins, lineage.computed_from, alias, column) ? hold : Hold::None;
    case Hold::None: break;
  }
  return Hold::None;
}

}  // namespace weft
