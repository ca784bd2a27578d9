#include "mesh/lineage/rests_on.h"

namespace weft {

namespace {

class Search {
 public:
  Search(Tx& tx, const LineagePorts& ports, const Reader& reader) : tx_(tx), ports_(ports), reader_(reader) {}

  Result<bool> product(const ProductId& id) {
    if (reader_.product == id) return true;
    if (!seen_.insert(id.text()).second) return false;
    for (const auto& input : TRY(ports_.products.inputs(tx_, id))) {
      if (input.element && TRY(element(*input.element))) return true;
      if (input.source_product && TRY(product(*input.source_product))) return true;
    }
    return false;
  }

  Result<bool> element(const ElementId& id) {
    if (reader_.element == id) return true;
    if (!seen_.insert(id.text()).second) return false;
    const auto found = TRY(ports_.elements.find(tx_, id));
    if (!found || !found->view) return false;
    for (const auto& ingredient : found->view->ingredients) {
      if (ingredient.element && TRY(element(*ingredient.element))) return true;
    }
    for (const auto& source : TRY(ports_.elements.products_of(tx_, id))) {
      if (TRY(product(source))) return true;
    }
    return false;
  }

 private:
  Tx& tx_;
  const LineagePorts& ports_;
  const Reader& reader_;
  std::set<std::string> seen_;
};

}  // namespace

Result<bool> rests_on(Tx& tx, const LineagePorts& ports, const ResolvedIngredient& ingredient, const Reader& reader) {
  Search search(tx, ports, reader);
  if (ingredient.product) return search.product(*ingredient.product);
  return ingredient.element ? search.element(*ingredient.element) : Result<bool>(false);
}

}  // namespace weft
