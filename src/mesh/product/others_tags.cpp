#include "mesh/product/others_tags.h"

#include "base/name.h"
#include "mesh/element/origin.h"

namespace weft {

namespace {

class OthersTags {
 public:
  OthersTags(Tx& tx, const PersonalPorts& ports) : tx_(tx), ports_(ports) {}

  Result<std::set<std::string>> of(const Element& element) {
    std::set<std::string> names;
    if (!element.view) return names;
    for (const auto& ingredient : element.view->ingredients) {
      const auto tagged = TRY(in(ingredient, element.domain_path));
      add_made_of(names, element.columns, ingredient, tagged);
    }
    return names;
  }

 private:
  template <typename Column>
  static void add_made_of(std::set<std::string>& names, const std::vector<Column>& columns, const Ingredient& ingredient,
                          const std::set<std::string>& tagged) {
    for (const auto& column : columns) {
      for (const auto& tag : tagged) {
        if (is_made_of(column.origins, ingredient.alias, tag)) names.insert(column.name);
      }
    }
  }

  // Each once: views over views may reach the same one in very many ways, and two products that are published at once may
  // even make a circle.
  Result<std::set<std::string>> in(const Ingredient& ingredient, std::string_view reader) {
    const auto key = ingredient.element ? ingredient.element->text() : fmt::format("{}\n{}", reader, *ingredient.product);
    const auto [known, is_new] = known_.try_emplace(key);
    if (!is_new) return known->second;
    auto tagged = ingredient.element ? TRY(in_element(*ingredient.element)) : TRY(in_port(*ingredient.product, reader));
    return known_[key] = std::move(tagged);
  }

  Result<std::set<std::string>> in_element(const ElementId& id) {
    const auto element = TRY(ports_.elements.find(tx_, id));
    return element ? of(*element) : std::set<std::string>{};
  }

  Result<std::set<std::string>> in_port(std::string_view reference, std::string_view reader) {
    std::set<std::string> names;
    const auto first = reference.find('/'), last = reference.rfind('/');
    const auto product = TRY(ports_.products.find_by_name(tx_, reference.substr(0, first), reference.substr(first + 1, last - first - 1)));
    if (!product || !product->published) return names;
    const auto port = std::ranges::find(product->published->ports, reference.substr(last + 1), &Port::name);
    if (port == product->published->ports.end()) return names;
    if (!is_within(product->domain_path, reader)) {
      for (const auto& column : port->columns) {
        if (is_personal(column.personal)) names.insert(column.name);
      }
      return names;
    }
    for (const auto& ingredient : product->published->ingredients) {
      const auto tagged = TRY(in(ingredient, product->domain_path));
      add_made_of(names, port->columns, ingredient, tagged);
    }
    return names;
  }

  Tx& tx_;
  const PersonalPorts& ports_;
  std::map<std::string, std::set<std::string>> known_;  // by ingredient; empty while it is looked at
};

}  // namespace

Result<std::set<std::string>> columns_tagged_by_others(Tx& tx, const PersonalPorts& ports, const Element& element) {
  return OthersTags(tx, ports).of(element);
}

}  // namespace weft
