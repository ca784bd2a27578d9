// Whom to tell of what happens in a domain.
#pragma once

#include "mesh/domain/domain_store.h"
#include "mesh/identity/user_store.h"

namespace weft {

// Those who answer for the domain (see answering_owners()), as users; without `except`, who knows already.
[[nodiscard]] Result<std::vector<User>> answering_users(Tx& tx, DomainStore& domains, UserStore& users, std::string_view path,
                                                        const std::optional<UserId>& except = std::nullopt);

}  // namespace weft
