#include "mesh/product/change_state.h"

#include "mesh/product/notify_readers.h"

namespace weft {

namespace {

bool may_become(ProductState state, ProductState next) {
  switch (next) {
    case ProductState::Published: return state == ProductState::Deprecated;
    case ProductState::Deprecated: return state == ProductState::Published;
    case ProductState::Retired: return state == ProductState::Published || state == ProductState::Deprecated;
    case ProductState::Draft: break;
  }
  return false;
}

Result<Product> change_state(Tx& tx, const Context& context, const ProductPorts& ports, Product product, ProductState next,
                             std::string_view action) {
  if (!may_become(product.state, next)) {
    return fail(ErrorKind::Conflict, "product.wrong_state",
                fmt::format("The product is {} and can't become {}.", to_text(product.state), to_text(next)),
                "published → deprecated → retired; a published one may be retired at once, a deprecated one reinstated.");
  }
  const auto before = to_audit(product);
  product.state = next;
  product.updated_at = context.now;
  CHECK(ports.products.update(tx, product));
  ++product.version;
  if (next == ProductState::Retired) CHECK(ports.runs.set_due(tx, RunKind::RefreshProduct, product.id.text(), std::nullopt));
  CHECK(notify_of_state(tx, context, {ports.ingredients, ports.domains, ports.users, ports.outbox}, product));
  CHECK(
      ports.audit.append(tx, context, {std::string(action), "product", product.id.text(), product.domain_path, before, to_audit(product)}));
  return product;
}

}  // namespace

Result<Product> deprecate_product(Tx& tx, const Context& context, const ProductPorts& ports, Product product) {
  return change_state(tx, context, ports, std::move(product), ProductState::Deprecated, "product.deprecate");
}

Result<Product> reinstate_product(Tx& tx, const Context& context, const ProductPorts& ports, Product product) {
  return change_state(tx, context, ports, std::move(product), ProductState::Published, "product.reinstate");
}

Result<Product> retire_product(Tx& tx, const Context& context, const ProductPorts& ports, Product product) {
  return change_state(tx, context, ports, std::move(product), ProductState::Retired, "product.retire");
}

}  // namespace weft
