// Tells those who read a product, and those who answer for what is built on it, what became of it.
#pragma once

#include "mesh/domain/domain_store.h"
#include "mesh/identity/user_store.h"
#include "mesh/notification/notification.h"
#include "mesh/run/resolve_ingredients.h"

namespace weft {

struct ReaderPorts {
  const IngredientPorts& ingredients;
  DomainStore& domains;
  UserStore& users;
  Outbox& outbox;
};

// Both tell the owners of each domain with views that read it, or with products that rest on it, however far down: one notification
// a domain that names them all. Then, where they have not been told already, the users who hold a grant in force and the owners of
// the domains that do. Whoever did it knows.

// That it was deprecated, retired or reinstated: the state that `product` has now.
[[nodiscard]] Result<void> notify_of_state(Tx& tx, const Context& context, const ReaderPorts& ports, const Product& product);
// That its newest version has these breaking_changes(); of none nobody is told.
[[nodiscard]] Result<void> notify_of_version(Tx& tx, const Context& context, const ReaderPorts& ports, const Product& product,
                                             const std::vector<std::string>& changes);

}  // namespace weft
