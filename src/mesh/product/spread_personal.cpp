#include "mesh/product/spread_personal.h"

#include "mesh/element/origin.h"

namespace weft {

namespace {

const TaggedColumn* tag_of(const std::vector<std::string>& origins, const std::vector<TaggedColumn>& tagged) {
  auto found = std::ranges::find_if(tagged, [&](const TaggedColumn& tag) { return is_made_of(origins, tag.alias, tag.column); });
  return found == tagged.end() ? nullptr : &*found;
}

class Spread {
 public:
  Spread(Tx& tx, const PersonalPorts& ports, Timestamp now) : tx_(tx), ports_(ports), now_(now) {}

  Result<void> from(const Element& element) {
    const auto tagged = [&](const Ingredient& ingredient) -> Result<std::vector<TaggedColumn>> {
      std::vector<TaggedColumn> columns;
      if (ingredient.element != element.id) return columns;
      for (const auto& column : element.columns)
        if (is_personal(column.personal)) columns.push_back({ingredient.alias, column.name, column.personal});
      return columns;
    };
    return to_readers(TRY(ports_.elements.readers_of(tx_, element.id)), TRY(ports_.products.readers_of(tx_, element.id)), tagged);
  }

  Result<void> from(const Product& product) {
    const auto tagged = [&](const Ingredient& ingredient) -> Result<std::vector<TaggedColumn>> {
      std::vector<TaggedColumn> columns;
      if (!ingredient.product) return columns;
      const std::string_view reference = *ingredient.product;
      const auto first = reference.find('/'), last = reference.rfind('/');
      const auto source = TRY(ports_.products.find_by_name(tx_, reference.substr(0, first), reference.substr(first + 1, last - first - 1)));
      if (!source || source->id != product.id) return columns;
      for (const auto& port : product.published->ports) {
        if (port.name != reference.substr(last + 1)) continue;
        for (const auto& column : port.columns)
          if (is_personal(column.personal)) columns.push_back({ingredient.alias, column.name, column.personal});
      }
      return columns;
    };
    return to_readers(TRY(ports_.elements.readers_of(tx_, product.id)), TRY(ports_.products.readers_of(tx_, product.id)), tagged);
  }

 private:
  template <typename Tagged>
  Result<std::vector<TaggedColumn>> tagged_among(const std::vector<Ingredient>& ingredients, const Tagged& tagged) {
    std::vector<TaggedColumn> all;
    for (const auto& ingredient : ingredients) std::ranges::move(TRY(tagged(ingredient)), std::back_inserter(all));
    return all;
  }

  template <typename Tagged>
  Result<void> to_readers(std::vector<Element> views, std::vector<Product> products, const Tagged& tagged) {
    for (auto& view : views) {
      const auto tags = TRY(tagged_among(view.view->ingredients, tagged));
      bool changed = false;
      for (auto& column : view.columns) {
        const auto* tag = column.personal == Personal::No ? tag_of(column.origins, tags) : nullptr;
        if (tag == nullptr) continue;
        column.personal = Personal::Suspected;
        column.confidence = 90;
        column.personal_why = fmt::format("it is made of {}.{}, which is personal", tag->alias, tag->column);
        changed = true;
      }
      if (!changed) continue;
      view.updated_at = now_;
      CHECK(ports_.elements.update(tx_, view));
      CHECK(from(view));
    }
    for (auto& product : products) {
      if (!product.published) continue;
      if (!tag_ports(*product.published, TRY(tagged_among(product.published->ingredients, tagged)))) continue;
      product.updated_at = now_;
      CHECK(ports_.products.update(tx_, product));
      CHECK(ports_.products.retag_version(tx_, product));
      CHECK(from(product));
    }
    return {};
  }

  Tx& tx_;
  const PersonalPorts& ports_;
  Timestamp now_;
};

}  // namespace

bool tag_ports(ProductDefinition& definition, const std::vector<TaggedColumn>& tagged) {
  bool changed = false;
  for (auto& port : definition.ports) {
    for (auto& column : port.columns) {
      const auto* tag = tag_of(column.origins, tagged);
      if (tag == nullptr || is_personal(column.personal)) continue;
      if (column.personal == Personal::Cleared && !(port.ingredient && tag->personal == Personal::Confirmed)) continue;
      column.personal = tag->personal;
      changed = true;
    }
  }
  return changed;
}

Result<void> spread_personal(Tx& tx, const PersonalPorts& ports, const Element& element, Timestamp now) {
  return Spread(tx, ports, now).from(element);
}

Result<void> spread_personal(Tx& tx, const PersonalPorts& ports, const Product& product, Timestamp now) {
  return Spread(tx, ports, now).from(product);
}

}  // namespace weft
