// What the use cases of products stand on.
#pragma once

#include "mesh/audit/audit.h"
#include "mesh/domain/domain_store.h"
#include "mesh/identity/user_store.h"
#include "mesh/notification/notification.h"
#include "mesh/run/resolve_ingredients.h"
#include "mesh/run/run_store.h"
#include "mesh/run/transformer.h"

namespace weft {

struct ProductPorts {
  Transactor& transactor;
  ProductStore& products;
  DomainStore& domains;
  RunStore& runs;
  UserStore& users;
  AuditLog& audit;
  Outbox& outbox;
  IngredientPorts ingredients;
  Transformer& transformer;
  std::function<void()> wake_runs;  // a run was queued
};

// Drafts and retired products only to those who keep the domain. Errors: `product.not_found`.
[[nodiscard]] Result<Product> get_product(Tx& tx, const Principal& who, ProductStore& products, const ProductId& id);
// For changes. Errors: `product.not_found`, `product.not_yours` (403).
[[nodiscard]] Result<Product> get_own_product(Tx& tx, const Principal& who, ProductStore& products, const ProductId& id);

}  // namespace weft
