// Adapter: remembered answers on the metadata store, sealed.
#pragma once

#include <memory>

#include "mesh/door/idempotency_store.h"

namespace weft {

class SecretBox;

// `box` outlives the store.
[[nodiscard]] std::unique_ptr<IdempotencyStore> make_sql_idempotency_store(const SecretBox& box);

}  // namespace weft
