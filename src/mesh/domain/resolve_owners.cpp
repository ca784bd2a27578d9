#include "mesh/domain/resolve_owners.h"

namespace weft {

Result<std::vector<OwnerName>> resolve_owners(Tx& tx, UserStore& users, const std::vector<std::string>& ids_or_names,
                                              std::vector<FieldError>& complaints) {
  std::vector<OwnerName> owners;
  for (std::size_t i = 0; i < ids_or_names.size(); ++i) {
    auto complain = [&](std::string_view complaint) { complaints.push_back({fmt::format("owners[{}]", i), std::string(complaint)}); };
    auto user = TRY(users.find_by_name(tx, ids_or_names[i]));
    if (!user) user = TRY(users.find(tx, UserId(ids_or_names[i])));
    if (!user || user->state != UserState::Active) {
      complain("is not the id or name of an active user");
    } else if (!user->roles.has(Role::DomainOwner)) {
      complain(fmt::format("{} does not have the role domain-owner; grant it first, with PATCH /api/v1/users/{{id}}", user->name));
    } else if (std::ranges::any_of(owners, [&](const auto& owner) { return owner.id == user->id; })) {
      complain(fmt::format("{} is named twice", user->name));
    } else {
      owners.push_back({user->id, user->name});
    }
  }
  return owners;
}

}  // namespace weft
