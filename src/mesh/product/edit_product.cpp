#include "mesh/product/edit_product.h"

namespace weft {

Result<Product> get_product(Tx& tx, const Principal& who, ProductStore& products, const ProductId& id) {
  auto product = TRY(products.find(tx, id));
  if (!product || (!product->visible_to_all() && !who.keeps(product->domain_path))) {
    return fail(ErrorKind::NotFound, "product.not_found", "There is no such product.", "Search the catalog for it.");
  }
  return std::move(*product);
}

Result<Product> get_own_product(Tx& tx, const Principal& who, ProductStore& products, const ProductId& id) {
  auto product = TRY(get_product(tx, who, products, id));
  if (!who.keeps(product.domain_path)) {
    return fail(ErrorKind::Denied, "product.not_yours", fmt::format("Only owners of {} change its products.", product.domain_path),
                "Ask one of its owners.");
  }
  return product;
}

Result<Product> create_product(Tx& tx, const Context& context, const ProductPorts& ports, const CreateProduct& input) {
  const auto domain = TRY(hold_domain(tx, ports.domains, input.domain));
  if (!context.who.keeps(domain.path)) {
    return fail(ErrorKind::Denied, "domain.not_yours", fmt::format("Only owners of {} make products in it.", domain.path),
                "Ask one of its owners.");
  }
  if (domain.state != DomainState::Active) {
    return fail(ErrorKind::Conflict, "domain.archived", fmt::format("{} is archived.", domain.path), "Choose an active domain.");
  }
  Product product;
  product.id = ProductId::make(context.now);
  product.domain = domain.id;
  product.domain_path = domain.path;
  product.name = input.name;
  product.draft = input.definition;
  product.created_at = product.updated_at = context.now;
  CHECK(ports.products.insert(tx, product));
  CHECK(ports.audit.append(tx, context, {"product.create", "product", product.id.text(), product.domain_path, nullptr, to_audit(product)}));
  return product;
}

Result<Product> change_product(Tx& tx, const Context& context, const ProductPorts& ports, Product product, ChangeProduct input) {
  if (product.state == ProductState::Retired) {
    return fail(ErrorKind::Conflict, "product.retired", "The product is retired and can't be changed.", "Make a new product.");
  }
  const auto before = to_audit(product);
  if (input.name && *input.name != product.name) {
    if (product.state != ProductState::Draft) {
      return fail(ErrorKind::Conflict, "product.name_fixed",
                  fmt::format("The product was published as '{}' and keeps that name.", product.name),
                  "Change its title, or make a new product.");
    }
    product.name = *std::move(input.name);
  }
  product.draft = std::move(input.definition);
  if (to_audit(product) == before) return product;
  product.updated_at = context.now;
  CHECK(ports.products.update(tx, product));
  ++product.version;
  CHECK(ports.audit.append(tx, context, {"product.change", "product", product.id.text(), product.domain_path, before, to_audit(product)}));
  return product;
}

Result<void> remove_draft(Tx& tx, const Context& context, const ProductPorts& ports, const Product& product) {
  if (product.state != ProductState::Draft) {
    return fail(ErrorKind::Conflict, "product.published_once", "A product that was published once can't be removed.", "Retire it instead.");
  }
  CHECK(ports.products.remove_draft(tx, product));
  return ports.audit.append(tx, context, {"product.remove", "product", product.id.text(), product.domain_path, to_audit(product), nullptr});
}

}  // namespace weft
