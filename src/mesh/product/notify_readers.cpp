#include "mesh/product/notify_readers.h"

#include "mesh/domain/answering_users.h"

namespace weft {

namespace {

std::string_view what_follows(ProductState state) {
  return state == ProductState::Retired
             ? "Ports that hold rows of it answer 403 from now on, and what is built on it can't be refreshed. Build it on another source, "
               "and publish it again."
             : "What is built on it goes on as before, but the product is meant to go: look for another source.";
}

}  // namespace

Result<void> notify_readers(Tx& tx, const Context& context, const ProductPorts& ports, const Product& product) {
  std::map<std::string, std::set<std::string>> built;  // by domain
  auto add = [&built](const std::vector<Product>& readers) {
    for (const auto& reader : readers) {
      if (reader.visible_to_all()) built[reader.domain_path].insert(fmt::format("the product {}", reader.name));
    }
  };
  add(TRY(ports.products.readers_of(tx, product.id)));
  add(TRY(ports.products.resting_on(tx, product.id)));
  for (const auto& view : TRY(ports.ingredients.elements.readers_of(tx, product.id))) {
    built[view.domain_path].insert(fmt::format("the view {}", view.name));
  }
  for (const auto& [path, names] : built) {
    const auto source = fmt::format("{} / {}", product.domain_path, product.name);
    CHECK(ports.outbox.notify(tx, context, TRY(answering_users(tx, ports.domains, ports.users, path, context.who.id)),
                              {fmt::format("product.source_{}", to_text(product.state)),
                               fmt::format("{} is {}, and {} builds on it", source, to_text(product.state), path),
                               fmt::format("{} is {} now. What {} builds on it: {}.\n\n{}", source, to_text(product.state), path,
                                           fmt::join(names, ", "), what_follows(product.state)),
                               fmt::format("/products/{}/{}", product.domain_path, product.name)}));
  }
  return {};
}

}  // namespace weft
