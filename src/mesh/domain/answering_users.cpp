#include "mesh/domain/answering_users.h"

namespace weft {

Result<std::vector<User>> answering_users(Tx& tx, DomainStore& domains, UserStore& users, std::string_view path,
                                          const std::optional<UserId>& except) {
  std::vector<User> answering;
  for (const auto& owner : TRY(answering_owners(tx, domains, path))) {
    if (owner.id == except) continue;
    if (auto user = TRY(users.find(tx, owner.id))) answering.push_back(std::move(*user));
  }
  return answering;
}

}  // namespace weft
