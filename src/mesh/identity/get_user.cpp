#include "mesh/identity/user_store.h"

namespace weft {

Result<User> get_user(Tx& tx, UserStore& users, const UserId& id) {
  auto user = TRY(users.find(tx, id));
  if (user) return std::move(*user);
  return fail(ErrorKind::NotFound, "user.not_found", "There is no such user.", "See GET /api/v1/users for those that exist.");
}

}  // namespace weft
