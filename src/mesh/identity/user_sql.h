// Adapter: users on the metadata store.
#pragma once

#include <memory>

#include "mesh/identity/user_store.h"

namespace weft {

[[nodiscard]] std::unique_ptr<UserStore> make_sql_user_store();

}  // namespace weft
